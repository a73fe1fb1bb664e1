// A circuit's witness program as it lies in a file (prover/witness-program/program-file.ts describes the format and
// makes it), checked in full once, so that running it needs no checks: every operand is where it may be, every
// template runs only templates before it, and the whole ends soon and on little stack. Opening it reads each word once.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "../field/prime_field.hpp"
#include "../groth16/input_error.hpp"

namespace millrace {

/// Numbers as in program-file.ts.
enum class Opcode : uint8_t {
  end, copy, assertTrue, run, select, cut,
  add, sub, mul, div, idiv, mod, pow, shl, shr, band, bor, bxor,
  eq, neq, lt, gt, leq, geq, land, lor, neg, bnot, lnot, pick,
  count
};

/// Where an operand is: the two high bits of its word. The others are its place there.
enum class Room : uint32_t { signal, temporary, constant };
constexpr unsigned roomShift = 30;
constexpr uint32_t placeMask = (uint32_t{1} << roomShift) - 1;

struct WitnessProgram {
  /// A gigabyte of values.
  static constexpr uint32_t maxSignals = uint32_t{1} << 25;
  static constexpr uint32_t maxTemporaries = uint32_t{1} << 20;
  /// Of templates that run each other; a level takes some hundred bytes of stack. Shape `demo` has 9.
  static constexpr uint32_t maxDepth = 512;
  /// Of the main template: some 20 s at the worst. Shape `demo` has 4.6 million.
  static constexpr uint64_t maxCost = uint64_t{1} << 27;

  struct Template {
    uint32_t code;         // first word
    uint32_t temporaries;  // of its own
    uint32_t allTemporaries;  // with those of what it runs
    uint32_t signals;      // that it and what it runs reach, from its first one
    uint32_t depth;        // 1, and 1 more than that of what it runs
    uint64_t cost;         // instructions, those of what it runs included and slow ones weighted; stays at maxCost + 1
  };

  uint32_t signals = 0, firstInput = 0, inputs = 0, mainTemplate = 0;
  std::vector<Limbs> constants;    // plain, below r
  std::vector<uint32_t> witness;   // signal of each witness value
  std::vector<Template> templates;
  std::vector<uint32_t> code;

  /// Throws InputError 'bad-witness-program'.
  WitnessProgram(const uint8_t* data, size_t size) {
    Reader reader{data, size};
    signals = reader.word();
    firstInput = reader.word();
    inputs = reader.word();
    mainTemplate = reader.word();
    const uint32_t constantCount = reader.word(), witnessCount = reader.word(), templateCount = reader.word(), codeWords = reader.word();
    reader.fill(constants, constantCount);
    reader.fill(witness, witnessCount);
    std::vector<uint32_t> table;
    reader.fill(table, size_t{2} * templateCount);
    reader.fill(code, codeWords);
    if (reader.size != 0) fail("has bytes after its end");
    require(signals <= maxSignals, "has too many signals");
    for (const Limbs& constant : constants) require(less(constant, ScalarPrime::modulus.p), "has a constant that is not below r");
    for (const uint32_t signal : witness) require(signal < signals, "takes a witness value from nowhere");
    require(witnessCount > 0 && witness[0] == 0, "has no constant 1");
    require(firstInput > 0 && firstInput <= signals && inputs <= signals - firstInput, "has inputs out of range");
    size_t end = 0;
    for (uint32_t i = 0; i < templateCount; i++) {
      require(table[2 * i] == end, "has templates that do not follow each other");
      templates.push_back(checked(table[2 * i], table[2 * i + 1], end));
    }
    require(end == code.size(), "has code of no template");
    require(mainTemplate < templateCount && templates[mainTemplate].signals < signals, "has no main template");
    require(templates[mainTemplate].cost <= maxCost, "takes too long");
  }

 private:
  struct Reader {
    const uint8_t* data;
    size_t size;

    uint32_t word() {
      uint32_t value;
      copy(&value, sizeof value);
      return value;
    }

    template <class T>
    void fill(std::vector<T>& values, size_t count) {
      if (count > size / sizeof(T)) fail("is too short");
      values.resize(count);
      copy(values.data(), count * sizeof(T));
    }

    void copy(void* to, size_t bytes) {
      if (bytes > size) fail("is too short");
      if (bytes != 0) std::memcpy(to, data, bytes);
      data += bytes;
      size -= bytes;
    }
  };

  [[noreturn]] static void fail(const char* problem) { throw InputError("bad-witness-program", problem); }
  static void require(bool holds, const char* problem) {
    if (!holds) fail(problem);
  }

  /// In steps of some tens of nanoseconds: a power or an inverse takes hundreds of multiplications.
  static uint64_t costOf(Opcode opcode) {
    switch (opcode) {
      case Opcode::pow:
      case Opcode::div:
      case Opcode::idiv:
      case Opcode::mod: return 64;
      default: return 1;
    }
  }

  /// Walks a template's code once. The templates before it have been checked.
  /// @param position of its first word; is set to what follows its last one
  Template checked(uint32_t start, uint32_t temporaries, size_t& position) const {
    require(temporaries <= maxTemporaries, "has too many temporaries");
    Template result{start, temporaries, temporaries, 0, 1, 0};
    const auto spend = [&](uint64_t cost) { result.cost = std::min(result.cost + cost, maxCost + 1); };
    const auto next = [&] {
      require(position < code.size(), "has code without an end");
      return code[position++];
    };
    const auto reach = [&](uint64_t signal) {
      require(signal < maxSignals, "has a signal out of range");
      result.signals = std::max(result.signals, static_cast<uint32_t>(signal));
    };
    const auto operand = [&](bool written) {
      const uint32_t word = next(), place = word & placeMask;
      switch (static_cast<Room>(word >> roomShift)) {
        case Room::signal: return reach(uint64_t{place} + 1);
        case Room::temporary: return require(place < temporaries, "has a temporary out of range");
        case Room::constant: return require(place < constants.size() && !written, "has a constant out of range");
        default: fail("has an unknown operand");
      }
    };
    for (;;) {
      const uint32_t word = next();
      require((word & 0xff) < static_cast<uint32_t>(Opcode::count), "has an unknown instruction");
      const auto opcode = static_cast<Opcode>(word & 0xff);
      spend(costOf(opcode));
      switch (opcode) {
        case Opcode::end:
          return result;
        case Opcode::assertTrue:
          operand(false);
          break;
        case Opcode::run: {
          const uint32_t callee = next(), place = next();
          require(callee < templates.size(), "runs a template that is not before it");
          reach(uint64_t{place} + templates[callee].signals);
          result.allTemporaries = std::max(result.allTemporaries, temporaries + templates[callee].allTemporaries);
          require(result.allTemporaries <= maxTemporaries, "has too many temporaries");
          result.depth = std::max(result.depth, templates[callee].depth + 1);
          require(result.depth <= maxDepth, "has templates that run each other too deep");
          spend(templates[callee].cost);
          break;
        }
        case Opcode::select:
          operand(true);
          for (int i = 0; i < 3; i++) operand(false);
          break;
        case Opcode::pick: {
          operand(true);
          operand(false);
          const uint32_t count = next();
          for (uint32_t i = 0; i < count; i++) operand(false);
          break;
        }
        case Opcode::cut: {
          const uint32_t low = word >> 8 & 0xff, width = word >> 16 & 0xff;
          require(width > 0 && low + width <= 254, "cuts bits out of range");
          operand(true);
          operand(false);
          break;
        }
        case Opcode::copy:
        case Opcode::neg:
        case Opcode::bnot:
        case Opcode::lnot:
          operand(true);
          operand(false);
          break;
        default:
          operand(true);
          operand(false);
          operand(false);
      }
    }
  }
};

}  // namespace millrace
