// Runs a witness program: one pass over its instructions, every value in Montgomery form.
//
// Why a program that is run, and not circom's C++ compiled for each shape: docs/decisions/witness-programs.md.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>

#include "operators.hpp"
#include "program.hpp"

namespace millrace {

/// Calculates the witnesses of one circuit. Any number of calls may run at once.
class WitnessCalculator {
 public:
  virtual ~WitnessCalculator() = default;

  size_t inputs() const { return program_.inputs; }
  size_t wtnsBytes() const { return prefixBytes + valueBytes * program_.witness.size(); }

  /// @param inputs values of the input signals in order, 32 bytes each, plain, little-endian
  /// @param wtns is filled with the witness in iden3's format
  /// Throws InputError: 'bad-witness-input' for a value that is not below r, 'witness-failed' where an assertion does not hold.
  virtual void calculate(const uint8_t* inputs, uint8_t* wtns) const = 0;

 protected:
  static constexpr size_t prefixBytes = 76, valueBytes = 32;

  explicit WitnessCalculator(WitnessProgram program) : program_(std::move(program)) {}

  void writePrefix(uint8_t* wtns) const {
    const auto count = static_cast<uint32_t>(program_.witness.size());
    const auto word = [&](uint64_t value, size_t bytes) {
      for (size_t i = 0; i < bytes; i++) *wtns++ = static_cast<uint8_t>(value >> (8 * i));
    };
    for (const char letter : {'w', 't', 'n', 's'}) word(static_cast<uint8_t>(letter), 1);
    word(2, 4);  // version
    word(2, 4);  // sections
    word(1, 4);  // the header
    word(4 + valueBytes + 4, 8);
    word(valueBytes, 4);
    for (const uint64_t limb : ScalarPrime::modulus.p) word(limb, 8);
    word(count, 4);
    word(2, 4);  // the values
    word(valueBytes * count, 8);
  }

  const WitnessProgram program_;
};

template <class Kernel>
class KernelWitnessCalculator final : public WitnessCalculator {
 public:
  using Fr = PrimeField<ScalarPrime, Kernel>;

  explicit KernelWitnessCalculator(WitnessProgram program) : WitnessCalculator(std::move(program)) {
    for (const Limbs& constant : program_.constants) constants_.push_back(Fr::fromLimbs(constant));
  }

  void calculate(const uint8_t* inputs, uint8_t* wtns) const override {
    std::unique_ptr<Workspace> workspace = takeWorkspace();
    std::vector<Fr>& signals = workspace->signals;
    signals[0] = Fr::one();
    for (uint32_t i = 0; i < program_.inputs; i++) {
      Limbs value;
      std::memcpy(value.data(), inputs + valueBytes * i, valueBytes);
      if (!less(value, ScalarPrime::modulus.p)) throw InputError("bad-witness-input", "is not below r", {{"position", i}});
      signals[program_.firstInput + i] = Fr::fromLimbs(value);
    }
    // The main component's signals follow the constant 1.
    run(program_.mainTemplate, signals.data() + 1, workspace->temporaries.data());
    writePrefix(wtns);
    uint8_t* out = wtns + prefixBytes;
    for (const uint32_t signal : program_.witness) {
      signals[signal].storePlain(out);
      out += valueBytes;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(workspace));
  }

 private:
  using Operators = CircomOperators<Fr>;

  struct Workspace {
    std::vector<Fr> signals, temporaries;
  };

  /// Kept from one witness to the next: new memory would take a quarter of the time.
  std::unique_ptr<Workspace> takeWorkspace() const {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Workspace> workspace = std::move(idle_.back());
        idle_.pop_back();
        // A signal that nothing sets is 0.
        std::fill(workspace->signals.begin(), workspace->signals.end(), Fr());
        return workspace;
      }
    }
    const uint32_t temporaries = program_.templates[program_.mainTemplate].allTemporaries;
    return std::make_unique<Workspace>(Workspace{std::vector<Fr>(program_.signals), std::vector<Fr>(temporaries)});
  }

  void run(uint32_t index, Fr* signals, Fr* temporaries) const {
    const WitnessProgram::Template& own = program_.templates[index];
    const uint32_t* code = program_.code.data() + own.code;
    Fr* const rooms[] = {signals, temporaries, const_cast<Fr*>(constants_.data())};
    const auto at = [&](uint32_t word) -> Fr& { return rooms[word >> roomShift][word & placeMask]; };
    const auto unary = [&](auto&& operate) {
      at(code[1]) = operate(at(code[2]));
      code += 3;
    };
    const auto binary = [&](auto&& operate) {
      at(code[1]) = operate(at(code[2]), at(code[3]));
      code += 4;
    };
    const auto division = [&](auto&& operate) {
      if (at(code[3]).isZero()) throw InputError("witness-failed", "a number is divided by zero");
      binary(operate);
    };
    using In = const Fr&;
    for (;;) {
      switch (static_cast<Opcode>(code[0] & 0xff)) {
        case Opcode::end: return;
        case Opcode::copy: unary([](In a) { return a; }); break;
        case Opcode::assertTrue:
          if (!Operators::isTrue(at(code[1]))) throw InputError("witness-failed", "an assertion does not hold");
          code += 2;
          break;
        case Opcode::run:
          run(code[1], signals + code[2], temporaries + own.temporaries);
          code += 3;
          break;
        case Opcode::select:
          at(code[1]) = at(code[Operators::isTrue(at(code[2])) ? 3 : 4]);
          code += 5;
          break;
        case Opcode::cut: {
          const uint32_t low = code[0] >> 8 & 0xff, width = code[0] >> 16 & 0xff;
          unary([=](In a) { return Operators::cut(a, low, width); });
          break;
        }
        case Opcode::add: binary([](In a, In b) { return a + b; }); break;
        case Opcode::sub: binary([](In a, In b) { return a - b; }); break;
        case Opcode::mul: binary([](In a, In b) { return a * b; }); break;
        case Opcode::div: binary(Operators::divide); break;
        case Opcode::idiv: division(Operators::quotient); break;
        case Opcode::mod: division(Operators::remainder); break;
        case Opcode::pow: binary(Operators::power); break;
        case Opcode::shl: binary(Operators::shiftLeft); break;
        case Opcode::shr: binary(Operators::shiftRight); break;
        case Opcode::band: binary(Operators::bitAnd); break;
        case Opcode::bor: binary(Operators::bitOr); break;
        case Opcode::bxor: binary(Operators::bitXor); break;
        case Opcode::eq: binary([](In a, In b) { return Operators::truth(a == b); }); break;
        case Opcode::neq: binary([](In a, In b) { return Operators::truth(a != b); }); break;
        case Opcode::lt: binary([](In a, In b) { return Operators::truth(Operators::lessThan(a, b)); }); break;
        case Opcode::gt: binary([](In a, In b) { return Operators::truth(Operators::lessThan(b, a)); }); break;
        case Opcode::leq: binary([](In a, In b) { return Operators::truth(!Operators::lessThan(b, a)); }); break;
        case Opcode::geq: binary([](In a, In b) { return Operators::truth(!Operators::lessThan(a, b)); }); break;
        case Opcode::land: binary([](In a, In b) { return Operators::truth(!a.isZero() && !b.isZero()); }); break;
        case Opcode::lor: binary([](In a, In b) { return Operators::truth(!a.isZero() || !b.isZero()); }); break;
        case Opcode::neg: unary([](In a) { return -a; }); break;
        case Opcode::bnot: unary(Operators::bitNot); break;
        case Opcode::lnot: unary([](In a) { return Operators::truth(a.isZero()); }); break;
        case Opcode::pick: {
          const Limbs index = at(code[2]).toLimbs();
          const uint32_t count = code[3];
          if (!less(index, Limbs{count, 0, 0, 0})) throw InputError("witness-failed", "an index leaves its array");
          at(code[1]) = at(code[4 + index[0]]);
          code += 4 + count;
          break;
        }
        case Opcode::count: __builtin_unreachable();
      }
    }
  }

  std::vector<Fr> constants_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace millrace
