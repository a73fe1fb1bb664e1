// Roots of unity of the scalar field, r - 1 = 2^28 * odd.
#pragma once

#include <cstdint>

namespace millrace {

constexpr uint32_t maxRootPower = 28;

/// A primitive 2^power-th root, power <= 28: 5, the smallest non-residue, to the (r - 1) / 2^power. The same as snarkjs's.
template <class Fr>
Fr rootOfUnity(uint32_t power) {
  Fr root = Fr::fromInteger(5).power({0x9b9709143e1f593f, 0x181585d2833e8487, 0x131a029b85045b68, 0x000000030644e72e});
  for (uint32_t i = maxRootPower; i > power; i--) root = root.squared();
  return root;
}

}  // namespace millrace
