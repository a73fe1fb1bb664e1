// What the programs of this folder share: the provers without Node, by kernel, as the
// addon chooses them, and files that are only in memory.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

#include "../field/kernel_portable.hpp"
#include "../field/scalar_lanes.hpp"
#include "../groth16/prover.hpp"
#include "../vector_provers.hpp"

namespace millrace {

/// With the portable kernel, or with AVX2 where MILLRACE_KERNEL asks for it and the program was built with it.
inline std::unique_ptr<Prover> openProver(const std::string& zkey, unsigned threads) {
#if defined(MILLRACE_WITH_AVX2)
  const char* kernel = std::getenv("MILLRACE_KERNEL");
  if (kernel != nullptr && std::string(kernel) == "avx2") return openAvx2Prover(zkey, threads);
#endif
  return std::make_unique<KernelProver<PortableKernel, ScalarLaneFamily>>(zkey, threads);
}

/// A file in memory with a path, gone with the object.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* bytes, size_t count) : fd_(memfd_create("millrace", MFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
    for (size_t done = 0; done < count;) {
      const ssize_t written = ::write(fd_, bytes + done, count - done);
      if (written <= 0) throw std::system_error(errno, std::generic_category(), "write");
      done += static_cast<size_t>(written);
    }
  }

  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  int descriptor() const { return fd_; }

 private:
  int fd_;
};

inline ProofMonitor silentMonitor() {
  return ProofMonitor(std::make_shared<CancelFlag>(false), [](ProofStage, size_t, size_t) {});
}

}  // namespace millrace
