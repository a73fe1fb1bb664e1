// One Poseidon state at a time in scalar arithmetic; every value is canonical.
#pragma once

#include "../field/prime_field.hpp"
#include "../field/product_sum.hpp"

namespace millrace {

template <class Kernel>
struct ScalarPoseidonArithmetic {
  using Field = PrimeField<ScalarPrime, Kernel>;
  using Value = Field;
  using Factor = Field;
  using Constant = Field;

  static Constant constant(const Field& value) { return value; }
  static Value added(const Value& value, const Constant& constant) { return value + constant; }

  static Value fifthPower(const Value& x) {
    const Value square = x.squared();
    return square.squared() * x;
  }

  class Sum {
   public:
    /// Starts with a constant, or with zero.
    explicit Sum(const Constant* start) : start_(start) {}

    void add(const Factor* factors, const Constant* constants, unsigned count) { products_.add(factors, constants, count); }

    Value value() const { return start_ == nullptr ? products_.value() : products_.value() + *start_; }
    Value valuePlus(const Value& other) const { return value() + other; }

   private:
    const Constant* start_;
    ProductSum<Field, Kernel> products_;
  };
};

}  // namespace millrace
