// Uniform random scalars from the operating system.
#pragma once

#include <cerrno>
#include <system_error>
#include <sys/random.h>

#include "../field/prime_field.hpp"

namespace millrace {

/// Uniform in [0, r), plain. Throws std::system_error.
inline Limbs randomScalar() {
  Limbs scalar;
  do {
    // At most 256 bytes come in one piece, and never fewer than asked for. macOS has no getrandom.
    if (getentropy(scalar.data(), sizeof scalar) != 0) throw std::system_error(errno, std::generic_category(), "getentropy");
    scalar[3] &= (uint64_t{1} << 62) - 1;
  } while (!less(scalar, ScalarPrime::modulus.p));
  return scalar;
}

}  // namespace millrace
