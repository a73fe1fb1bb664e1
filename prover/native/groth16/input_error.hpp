// What is wrong with a file or a value from outside.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// `code` is stable, for programs; what() is one sentence for people; `details` say where and how much.
class InputError : public std::runtime_error {
 public:
  using Details = std::vector<std::pair<const char*, double>>;

  InputError(const char* code, const std::string& message, Details details = {})
      : std::runtime_error(message), code_(code), details_(std::move(details)) {}

  const char* code() const { return code_; }
  const Details& details() const { return details_; }

 private:
  const char* code_;
  Details details_;
};

}  // namespace millrace
