// A witness in iden3's wtns format, version 2, checked in full: section 1 is bytes of
// a value, the field's order, number of values; section 2 the values, plain.
#pragma once

#include "../field/prime_field.hpp"
#include "../system/wiping.hpp"
#include "sections.hpp"

namespace millrace {

constexpr const char* badWitness = "bad-witness-file";

/// Values of the circuit's wires, plain, below r; the first one is 1. A copy: what happens to the file later does not matter.
using Witness = WipedVector<Limbs>;

/// Throws InputError: 'bad-witness-file', or 'witness-mismatch' if it does not have `wires` values.
inline Witness readWitness(const Section& file, uint32_t wires) {
  constexpr uint64_t valueBytes = 32, headBytes = 4 + valueBytes + 4;
  const Sections sections(file, "wtns", 2, badWitness);
  const Section& head = sections.get(1, headBytes);
  if (head.word(0) != valueBytes || std::memcmp(head.data + 4, ScalarPrime::modulus.p.data(), valueBytes) != 0) {
    throw InputError(badWitness, "is not for BN254");
  }
  const uint32_t count = head.word(4 + valueBytes);
  const Section& values = sections.get(2, count * valueBytes);
  if (count != wires) {
    throw InputError("witness-mismatch", "belongs to another circuit than the proving key", {{"expected", wires}, {"found", count}});
  }
  Witness witness(count);
  std::memcpy(static_cast<void*>(witness.data()), values.data, count * valueBytes);
  for (uint32_t i = 0; i < count; i++) {
    if (!less(witness[i], ScalarPrime::modulus.p)) throw InputError(badWitness, "has a value that is not below r", {{"index", i}});
  }
  if (count == 0 || witness[0] != Limbs{1, 0, 0, 0}) throw InputError(badWitness, "does not begin with the constant 1", {{"index", 0}});
  return witness;
}

}  // namespace millrace
