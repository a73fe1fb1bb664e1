// The choice of the arithmetic kernel at run time.
#pragma once

#include <cstdlib>

#include "field/kernel_adx.hpp"
#include "field/kernel_portable.hpp"
#include "operations.hpp"
#include "vector_provers.hpp"

namespace millrace {

#if defined(__x86_64__)
inline bool hasIfma() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma") && AdxKernel::supported();
}
#endif

/// The fastest kernel that this machine runs, or the one that MILLRACE_KERNEL names.
/// Null if that one is unknown or does not run here.
inline std::unique_ptr<Operations> selectOperations() {
  const char* forced = std::getenv("MILLRACE_KERNEL");
  const std::string wanted = forced == nullptr ? "" : forced;
  const auto allows = [&](const char* name) { return wanted.empty() || wanted == name; };
#if defined(__x86_64__)
  if (allows("ifma") && hasIfma()) return vectorOperations("ifma", openIfmaProver);
  if (allows("avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && AdxKernel::supported()) {
    return vectorOperations("avx2", openAvx2Prover);
  }
  if (allows(AdxKernel::name) && AdxKernel::supported()) return adxOperations();
#endif
  if (allows(PortableKernel::name)) return portableOperations();
  return nullptr;
}

}  // namespace millrace
