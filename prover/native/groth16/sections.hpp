// iden3's binary container, the frame of zkey and wtns files: magic, version, number
// of sections; then each as id (32 bits), length (64 bits) and payload. Everything is
// little endian. Nothing is believed before it is checked against the real size.
#pragma once

#include <cstring>
#include <map>

#include "input_error.hpp"

namespace millrace {

/// Bytes inside a file.
struct Section {
  const uint8_t* data = nullptr;
  uint64_t size = 0;

  /// The 32-bit integer at a position that the caller knows to be inside.
  uint32_t word(uint64_t at) const {
    uint32_t value;
    std::memcpy(&value, data + at, sizeof value);
    return value;
  }
};

class Sections {
 public:
  /// Throws InputError(code) unless each section occurs once and they fill the file exactly.
  Sections(const Section& file, const char* magic, uint32_t version, const char* code) : code_(code) {
    if (file.size < headerBytes) throw InputError(code, "is too short", {{"bytes", static_cast<double>(file.size)}});
    if (std::memcmp(file.data, magic, 4) != 0) throw InputError(code, "is of another kind");
    if (file.word(4) != version) {
      throw InputError(code, "has an unknown version", {{"expected", version}, {"found", file.word(4)}});
    }
    const uint32_t count = file.word(8);
    if (count > maxSections) throw InputError(code, "has too many sections", {{"most", maxSections}, {"found", count}});
    uint64_t position = headerBytes;
    for (uint32_t i = 0; i < count; i++) {
      if (file.size - position < sectionHeaderBytes) {
        throw InputError(code, "ends in a section header", {{"offset", static_cast<double>(position)}});
      }
      const uint32_t id = file.word(position);
      uint64_t size;
      std::memcpy(&size, file.data + position + 4, sizeof size);
      position += sectionHeaderBytes;
      if (size > file.size - position) {
        throw InputError(code, "ends inside a section",
                         {{"section", id}, {"sectionBytes", static_cast<double>(size)}, {"fileBytes", static_cast<double>(file.size)}});
      }
      if (!sections_.emplace(id, Section{file.data + position, size}).second) {
        throw InputError(code, "has a section twice", {{"section", id}});
      }
      position += size;
    }
    if (position != file.size) {
      throw InputError(code, "has bytes after its last section",
                       {{"offset", static_cast<double>(position)}, {"fileBytes", static_cast<double>(file.size)}});
    }
  }

  /// Throws InputError if it is missing.
  const Section& get(uint32_t id) const {
    const auto found = sections_.find(id);
    if (found == sections_.end()) throw InputError(code_, "lacks a section", {{"section", id}});
    return found->second;
  }

  /// Throws InputError unless it is there and has exactly so many bytes.
  const Section& get(uint32_t id, uint64_t bytes) const {
    const Section& section = get(id);
    if (section.size == bytes) return section;
    throw InputError(code_, "has a section of a wrong length",
                     {{"section", id}, {"expected", static_cast<double>(bytes)}, {"found", static_cast<double>(section.size)}});
  }

 private:
  static constexpr uint64_t headerBytes = 12, sectionHeaderBytes = 12;
  static constexpr uint32_t maxSections = 64;

  const char* code_;
  std::map<uint32_t, Section> sections_;
};

}  // namespace millrace
