// A read-only view of a file, and a buffered writer at a position of an open file.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace millrace {

/// The file may be replaced meanwhile, not overwritten: whoever reads behind the new end of one that was truncated gets
/// SIGBUS, which ends the process.
class MappedFile {
 public:
  /// Throws std::system_error.
  explicit MappedFile(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), path);
    struct stat info{};
    void* memory = nullptr;
    bool fails = fstat(fd, &info) != 0;
    if (!fails && info.st_size > 0) {
      memory = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
      fails = memory == MAP_FAILED;
    }
    const int failure = errno;
    close(fd);
    if (fails) throw std::system_error(failure, std::generic_category(), path);
    data_ = static_cast<const uint8_t*>(memory);
    size_ = static_cast<size_t>(info.st_size);
  }

  ~MappedFile() {
    if (data_ != nullptr) munmap(const_cast<uint8_t*>(data_), size_);
  }

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Frees the memory of pages that lie in these bytes; they are read again when they are needed.
  void release(const uint8_t* from, size_t bytes) const {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t begin = (static_cast<size_t>(from - data_) + page - 1) / page * page;
    const size_t end = (static_cast<size_t>(from - data_) + bytes) / page * page;
    if (begin < end) madvise(const_cast<uint8_t*>(data_) + begin, end - begin, MADV_DONTNEED);
  }

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// Writes consecutive bytes to a file that the caller opened and will close.
class PositionedWriter {
 public:
  PositionedWriter(int fd, uint64_t position) : fd_(fd), position_(position) { buffer_.reserve(capacity); }

  void write(const void* bytes, size_t count) {
    if (buffer_.size() + count > capacity) flush();
    const auto* from = static_cast<const uint8_t*>(bytes);
    buffer_.insert(buffer_.end(), from, from + count);
  }

  /// Throws std::system_error.
  void flush() {
    size_t done = 0;
    while (done < buffer_.size()) {
      const ssize_t n = pwrite(fd_, buffer_.data() + done, buffer_.size() - done, static_cast<off_t>(position_));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) throw std::system_error(n < 0 ? errno : EIO, std::generic_category(), "write");
      done += static_cast<size_t>(n);
      position_ += static_cast<uint64_t>(n);
    }
    buffer_.clear();
  }

 private:
  static constexpr size_t capacity = size_t{1} << 20;

  int fd_;
  uint64_t position_;
  std::vector<uint8_t> buffer_;
};

}  // namespace millrace
