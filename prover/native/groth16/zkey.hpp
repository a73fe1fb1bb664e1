// The frame of a Groth16 proving key of snarkjs (zkey, version 1): which sections
// there are, how long they have to be, and the key's own points.
#pragma once

#include "../curve/bn254.hpp"
#include "sections.hpp"

namespace millrace {

constexpr const char* badZkey = "bad-zkey";

/// Sections of the file by number.
enum class ZkeySection : uint32_t { protocol = 1, header, ic, coefficients, a, b1, b2, l, h, contributions };

/// Views into the mapped file. Lengths are checked, contents of the sections are not.
struct Zkey {
  uint32_t wires;        // The constant one included.
  uint32_t publicWires;  // Without the constant one; below `wires`.
  uint32_t domainPower;  // 1..27
  Section alpha1, beta1, beta2, gamma2, delta1, delta2;
  Section coefficients;  // Records only.
  Section a, b1, b2, l, h;

  static constexpr uint64_t g1Bytes = 64, g2Bytes = 128, coefficientBytes = 3 * 4 + 32;
};

/// Throws InputError: 'bad-zkey', 'forgeable-key'.
inline Zkey readZkey(const Section& file) {
  constexpr uint64_t fieldBytes = 32, sizesAt = 2 * (4 + fieldBytes), pointsAt = sizesAt + 3 * 4;
  constexpr uint64_t headerBytes = pointsAt + 3 * Zkey::g1Bytes + 3 * Zkey::g2Bytes;
  constexpr uint32_t groth16 = 1, maxDomainPower = 27;
  const Sections sections(file, "zkey", 1, badZkey);
  const auto get = [&](ZkeySection id, uint64_t bytes) { return sections.get(static_cast<uint32_t>(id), bytes); };

  if (get(ZkeySection::protocol, 4).word(0) != groth16) throw InputError(badZkey, "is not for Groth16");
  const Section header = get(ZkeySection::header, headerBytes);
  const auto isField = [&](uint64_t at, const Modulus& modulus) {
    return header.word(at) == fieldBytes && std::memcmp(header.data + at + 4, modulus.p.data(), fieldBytes) == 0;
  };
  if (!isField(0, BasePrime::modulus) || !isField(4 + fieldBytes, ScalarPrime::modulus)) {
    throw InputError(badZkey, "is not for BN254");
  }
  Zkey key{};
  key.wires = header.word(sizesAt);
  key.publicWires = header.word(sizesAt + 4);
  const uint32_t domain = header.word(sizesAt + 8);
  if (key.publicWires >= key.wires) {
    throw InputError(badZkey, "has more public signals than wires", {{"wires", key.wires}, {"publicWires", key.publicWires}});
  }
  while (key.domainPower < maxDomainPower && uint32_t{1} << key.domainPower < domain) key.domainPower++;
  if (domain < 2 || domain != uint32_t{1} << key.domainPower) {
    throw InputError(badZkey, "has a domain that is not a power of two in range", {{"domainSize", domain}});
  }
  uint64_t at = pointsAt;
  const auto take = [&](uint64_t bytes) {
    at += bytes;
    return Section{header.data + at - bytes, bytes};
  };
  key.alpha1 = take(Zkey::g1Bytes);
  key.beta1 = take(Zkey::g1Bytes);
  key.beta2 = take(Zkey::g2Bytes);
  key.gamma2 = take(Zkey::g2Bytes);
  key.delta1 = take(Zkey::g1Bytes);
  key.delta2 = take(Zkey::g2Bytes);
  // Anyone forges proofs for a key in which two of these are equal or opposite, that is, have the same x; see forgeable-key.ts.
  const auto sameX = [](const Section& p, const Section& q) { return std::memcmp(p.data, q.data, Zkey::g2Bytes / 2) == 0; };
  if (sameX(key.gamma2, key.delta2) || sameX(key.gamma2, key.beta2) || sameX(key.delta2, key.beta2)) {
    throw InputError("forgeable-key", "has two equal points among beta, gamma and delta, but perhaps for the sign");
  }
  key.a = get(ZkeySection::a, key.wires * Zkey::g1Bytes);
  key.b1 = get(ZkeySection::b1, key.wires * Zkey::g1Bytes);
  key.b2 = get(ZkeySection::b2, key.wires * Zkey::g2Bytes);
  key.l = get(ZkeySection::l, (key.wires - key.publicWires - 1) * Zkey::g1Bytes);
  key.h = get(ZkeySection::h, domain * Zkey::g1Bytes);
  const Section& coefficients = sections.get(static_cast<uint32_t>(ZkeySection::coefficients));
  const uint64_t count = coefficients.size < 4 ? 0 : coefficients.word(0);
  if (coefficients.size != 4 + count * Zkey::coefficientBytes) {
    throw InputError(badZkey, "has a coefficient section of a wrong length",
                     {{"coefficients", static_cast<double>(count)}, {"found", static_cast<double>(coefficients.size)}});
  }
  key.coefficients = {coefficients.data + 4, coefficients.size - 4};
  return key;
}

}  // namespace millrace
