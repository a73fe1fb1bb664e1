// What is wrong with an input of the setup.
#pragma once

#include <stdexcept>
#include <string>

namespace millrace {

/// `code` is stable, for programs; what() is one sentence for people.
class SetupError : public std::runtime_error {
 public:
  SetupError(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

}  // namespace millrace
