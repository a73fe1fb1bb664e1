// The Poseidon permutation with sparse partial rounds, and the hash that circomlib makes
// of it: state (0, inputs), permuted, element 0. The rewriting of the rounds is derived
// in parameters.hpp.
//
// `Arithmetic` says what is computed with:
//   Field     the scalar field type, Value the type of a state's element (perhaps several
//             states side by side), Factor that of a value that is to be multiplied,
//             Constant that of a parameter;
//   fifthPower(Value), constant(Field), added(Value, Constant);
//   Sum       a constant, if any, plus a sum of up to `width + block - 1` products of a
//             Factor and a Constant, and perhaps a Value, reduced at the end.
#pragma once

#include "parameters.hpp"

namespace millrace {

constexpr unsigned maxPoseidonInputs = 16;

template <class Arithmetic>
class PoseidonPermutation {
 public:
  using Value = typename Arithmetic::Value;
  using Factor = typename Arithmetic::Factor;
  using Constant = typename Arithmetic::Constant;
  using Sum = typename Arithmetic::Sum;
  using Parameters = PoseidonParameters<Constant>;

  explicit PoseidonPermutation(unsigned width) : p_(poseidonParameters<Arithmetic>(width)) {}

  /// Element 0 of the permutation of (0, inputs); takes width - 1 inputs.
  Value hash(const Value* inputs) const {
    constexpr unsigned half = Parameters::halfFullRounds;
    Value state[maxWidth];
    const Constant* constants = p_.fullConstants.data();
    state[0] = Arithmetic::added(Value(), constants[0]);
    for (unsigned i = 1; i < p_.width; i++) state[i] = Arithmetic::added(inputs[i - 1], constants[i]);
    // Each matrix adds the next round's constants: constant(i) is element i's.
    const auto full = [&](unsigned round) {
      return [=](unsigned i) -> const Constant* { return constants + round * p_.width + i; };
    };
    const auto partial = [&](unsigned i) -> const Constant* { return i == 0 ? p_.partialConstants.data() : nullptr; };
    for (unsigned round = 1; round < half; round++) fullRound(state, p_.mix, full(round));
    fullRound(state, p_.mixBeforePartial, partial);
    partialRounds(state);
    for (unsigned i = 0; i < p_.width; i++) state[i] = Arithmetic::added(state[i], constants[half * p_.width + i]);
    for (unsigned round = half + 1; round < 2 * half; round++) fullRound(state, p_.mix, full(round));
    Factor powers[maxWidth];
    for (unsigned i = 0; i < p_.width; i++) powers[i] = Factor(Arithmetic::fifthPower(state[i]));
    return row(p_.mix.data(), powers, nullptr);
  }

 private:
  static constexpr unsigned maxWidth = maxPoseidonInputs + 1;

  /// S-boxes, matrix, and the constants of what comes next.
  template <class ConstantOf>
  void fullRound(Value* state, const std::vector<Constant>& matrix, const ConstantOf& constantOf) const {
    Factor powers[maxWidth];
    for (unsigned i = 0; i < p_.width; i++) powers[i] = Factor(Arithmetic::fifthPower(state[i]));
    for (unsigned i = 0; i < p_.width; i++) state[i] = row(matrix.data() + i * p_.width, powers, constantOf(i));
  }

  Value row(const Constant* matrixRow, const Factor* factors, const Constant* constant) const {
    Sum sum(constant);
    sum.add(factors, matrixRow, p_.width);
    return sum.value();
  }

  /// All partial rounds, from after the first constant has been added.
  void partialRounds(Value* state) const {
    constexpr unsigned block = Parameters::block;
    const unsigned others = p_.width - 1;
    const Constant *rows = p_.rows.data(), *columns = p_.columns.data(), *inner = p_.inner.data();
    for (unsigned first = 0; first < p_.partialRounds; first += block) {
      const unsigned rounds = p_.partialRounds - first < block ? p_.partialRounds - first : block;
      Factor outputs[block], atStart[maxWidth];
      for (unsigned k = 1; k <= others; k++) atStart[k] = Factor(state[k]);
      for (unsigned i = 0; i < rounds; i++, rows += others, inner += block) {
        outputs[i] = Factor(Arithmetic::fifthPower(state[0]));
        const bool last = first + i + 1 == p_.partialRounds;
        Sum sum(last ? nullptr : &p_.partialConstants[first + i + 1]);
        sum.add(atStart + 1, rows, others);
        sum.add(outputs, inner, i + 1);
        state[0] = sum.value();
      }
      for (unsigned k = 1; k <= others; k++, columns += block) {
        Sum sum(nullptr);
        sum.add(outputs, columns, rounds);
        state[k] = sum.valuePlus(state[k]);
      }
    }
  }

  const Parameters& p_;
};

}  // namespace millrace
