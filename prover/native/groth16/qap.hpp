// A rank-1 constraint system as a quadratic arithmetic program, evaluated at a
// secret point (Groth, "On the size of pairing-based non-interactive arguments",
// 2016, section 3), with the conventions of snarkjs's zkey files:
//
// - the domain is the 2^k-th roots of unity; constraint c stands at w^c;
// - for every public wire s (the constant one is wire 0) there is an added
//   constraint at row constraints + s that has only A = wire s, so that the public
//   wires' polynomials are linearly independent of all others;
// - the quotient is taken by its values on the odd 2^(k+1)-th roots of unity,
//   so the "H" points are that coset's Lagrange basis.
#pragma once

#include <string>

#include "../curve/bn254.hpp"
#include "../field/roots_of_unity.hpp"
#include "../system/files.hpp"
#include "../system/wiping.hpp"
#include "input_error.hpp"

namespace millrace {

/// Where the constraints are, and the circuit's sizes. Checked by the caller against the file's header:
/// publicWires + 1 <= wires, constraints + publicWires + 1 <= 2^domainPower, domainPower <= 27.
struct CircuitLayout {
  std::string r1csPath;
  uint64_t constraintsOffset;
  uint64_t constraintsBytes;
  uint32_t wires;
  uint32_t publicWires;  // Without the constant one.
  uint32_t constraints;
  uint32_t domainPower;
};

/// The secrets of a setup; plain, 32 bytes, little endian, in [1, r).
struct SetupSecrets {
  const uint8_t *tau, *alpha, *beta, *delta;
};

/// Outputs, all plain scalars of 32 bytes, little endian.
struct QapScalars {
  uint8_t* a;            // wires: A_s(tau)
  uint8_t* b;            // wires: B_s(tau)
  uint8_t* combined;     // wires: beta A_s(tau) + alpha B_s(tau) + C_s(tau)
  uint8_t* l;            // wires - publicWires - 1: the private wires' combined / delta
  uint8_t* h;            // 2^k: odd coset Lagrange basis at tau, / delta
  uint8_t* vanishing;    // 2^k: tau^(2^k + i) - tau^i, which the circuit's hash covers
};

template <class Kernel>
class Qap {
 public:
  using Fr = typename Bn254<Kernel>::Fr;

  /// Throws InputError('bad-tau') if tau is in one of the domains: draw another.
  Qap(const CircuitLayout& layout, const SetupSecrets& secrets)
      : layout_(layout),
        tau_(load(secrets.tau)), alpha_(load(secrets.alpha)), beta_(load(secrets.beta)),
        inverseDelta_(load(secrets.delta).inverse()),
        a_(layout.wires), b_(layout.wires), c_(layout.wires),
        lagrange_(lagrangeAtTau(layout.domainPower, rootOfUnity<Fr>(layout.domainPower), Fr::one(), Fr::one())) {}

  /// Reads every constraint, accumulates the wires' polynomials at tau, and writes the payload of the
  /// zkey's coefficient section (A and B only, in the file's order) to `fd` at `position`.
  /// Returns the payload's bytes. Throws InputError('bad-r1cs').
  uint64_t readConstraints(int fd, uint64_t position) {
    const MappedFile file(layout_.r1csPath);
    if (layout_.constraintsOffset > file.size() || layout_.constraintsBytes > file.size() - layout_.constraintsOffset) {
      throw InputError("bad-r1cs", "the constraint section reaches past the end of the file");
    }
    cursor_ = file.data() + layout_.constraintsOffset;
    end_ = cursor_ + layout_.constraintsBytes;
    PositionedWriter out(fd, position + sizeof(uint32_t));
    uint64_t coefficients = 0;
    for (uint32_t row = 0; row < layout_.constraints; row++) {
      coefficients += readCombination(row, a_, 0, &out);
      coefficients += readCombination(row, b_, 1, &out);
      readCombination(row, c_, 2, nullptr);
    }
    if (cursor_ != end_) throw InputError("bad-r1cs", "the constraint section is longer than its constraints");
    const Limbs one{1, 0, 0, 0};
    for (uint32_t wire = 0; wire <= layout_.publicWires; wire++) {
      const uint32_t row = layout_.constraints + wire;
      a_[wire] = a_[wire] + lagrange_[row];
      writeCoefficient(out, 0, row, wire, one);
    }
    out.flush();
    coefficients += layout_.publicWires + 1;
    if (coefficients > UINT32_MAX) throw InputError("bad-r1cs", "more than 2^32 coefficients");
    const auto count = static_cast<uint32_t>(coefficients);
    PositionedWriter head(fd, position);
    head.write(&count, sizeof count);
    head.flush();
    return sizeof(uint32_t) + coefficients * coefficientBytes;
  }

  void store(const QapScalars& out) const {
    for (uint32_t wire = 0; wire < layout_.wires; wire++) {
      const Fr combined = beta_ * a_[wire] + alpha_ * b_[wire] + c_[wire];
      a_[wire].storePlain(out.a + 32 * size_t{wire});
      b_[wire].storePlain(out.b + 32 * size_t{wire});
      combined.storePlain(out.combined + 32 * size_t{wire});
      if (wire > layout_.publicWires) {
        (combined * inverseDelta_).storePlain(out.l + 32 * size_t{wire - layout_.publicWires - 1});
      }
    }
    const size_t size = size_t{1} << layout_.domainPower;
    const Fr root = rootOfUnity<Fr>(layout_.domainPower + 1);
    const WipedVector<Fr> odd = lagrangeAtTau(layout_.domainPower + 1, root.squared(), root, inverseDelta_);
    for (size_t i = 0; i < size; i++) odd[i].storePlain(out.h + 32 * i);
    Fr power = vanishingAtTau(layout_.domainPower);
    for (size_t i = 0; i < size; i++) {
      power.storePlain(out.vanishing + 32 * i);
      power = power * tau_;
    }
  }

 private:
  static constexpr size_t coefficientBytes = 3 * sizeof(uint32_t) + 32;

  static Fr load(const uint8_t* plain) {
    Limbs limbs;
    std::memcpy(limbs.data(), plain, sizeof limbs);
    return Fr::fromLimbs(limbs);
  }

  /// tau^(2^power) - 1.
  Fr vanishingAtTau(uint32_t power) const {
    Fr r = tau_;
    for (uint32_t i = 0; i < power; i++) r = r.squared();
    return r - Fr::one();
  }

  /// scale * L_x(tau) over the domain of 2^power elements, for the 2^domainPower elements
  /// x = first, first * step, ...: L_x(tau) = (tau^n - 1) / n * x / (tau - x). All inversions in one.
  WipedVector<Fr> lagrangeAtTau(uint32_t power, const Fr& step, const Fr& first, const Fr& scale) const {
    const size_t size = size_t{1} << layout_.domainPower;
    const Fr vanishing = vanishingAtTau(power);
    if (vanishing.isZero()) throw InputError("bad-tau", "the random point is in the evaluation domain");
    WipedVector<Fr> prefixes(size);
    Fr x = first, product = Fr::one(), last = first;
    for (size_t i = 0; i < size; i++) {
      prefixes[i] = product;
      product = product * (tau_ - x);
      last = x;
      x = x * step;
    }
    const Fr factor = vanishing * Fr::fromInteger(uint64_t{1} << power).inverse() * scale;
    const Fr backward = step.inverse();
    Fr inverse = product.inverse();
    x = last;
    for (size_t i = size; i-- > 0;) {
      prefixes[i] = inverse * prefixes[i] * x * factor;
      inverse = inverse * (tau_ - x);
      x = x * backward;
    }
    return prefixes;
  }

  /// Reads one linear combination (count, then wire and coefficient each) and adds it at `row`.
  uint32_t readCombination(uint32_t row, WipedVector<Fr>& sums, uint32_t matrix, PositionedWriter* out) {
    const uint32_t terms = readWord(row);
    for (uint32_t i = 0; i < terms; i++) {
      const uint32_t wire = readWord(row);
      if (wire >= layout_.wires) throw malformed(row, "names a wire that does not exist");
      if (static_cast<size_t>(end_ - cursor_) < 32) throw malformed(row, "ends early");
      Limbs value;
      std::memcpy(value.data(), cursor_, 32);
      cursor_ += 32;
      if (!less(value, ScalarPrime::modulus.p)) throw malformed(row, "has a coefficient that is not below the field's prime");
      sums[wire] = sums[wire] + Fr::fromLimbs(value) * lagrange_[row];
      if (out != nullptr) writeCoefficient(*out, matrix, row, wire, value);
    }
    return terms;
  }

  uint32_t readWord(uint32_t row) {
    if (static_cast<size_t>(end_ - cursor_) < sizeof(uint32_t)) throw malformed(row, "ends early");
    uint32_t word;
    std::memcpy(&word, cursor_, sizeof word);
    cursor_ += sizeof word;
    return word;
  }

  static InputError malformed(uint32_t row, const char* what) {
    return InputError("bad-r1cs", "constraint " + std::to_string(row) + " " + what);
  }

  /// snarkjs keeps a coefficient v as v * R^2 mod r, so that one Montgomery multiplication by
  /// a plain witness value gives the product in Montgomery form.
  static void writeCoefficient(PositionedWriter& out, uint32_t matrix, uint32_t row, uint32_t wire, const Limbs& value) {
    uint8_t record[coefficientBytes];
    const uint32_t head[3] = {matrix, row, wire};
    Limbs scaled;
    Kernel::multiply(scaled, value, ScalarPrime::modulus.r3, ScalarPrime::modulus);
    std::memcpy(record, head, sizeof head);
    std::memcpy(record + sizeof head, scaled.data(), 32);
    out.write(record, sizeof record);
  }

  CircuitLayout layout_;
  Fr tau_, alpha_, beta_, inverseDelta_;
  WipedVector<Fr> a_, b_, c_;
  WipedVector<Fr> lagrange_;  // Basis of the domain at tau.
  const uint8_t *cursor_ = nullptr, *end_ = nullptr;
};

}  // namespace millrace
