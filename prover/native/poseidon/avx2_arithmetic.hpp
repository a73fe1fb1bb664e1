// Eight Poseidon states side by side with AVX2 and FMA, for code that is compiled with them
// and runs inside the life of an Avx2LaneFamily::Environment.
//
// Bounds. Constants are below p, sums are reduced to below 2p, plus a constant: below 3p. A
// fifth power multiplies 3p by 3p, squares what is below 2p, and multiplies 2p by 3p: within
// the lanes' 16 p^2. A Sum has at most 20 products of 3p by p: below 60 p^2.
#pragma once

#include "../field/avx2_product_sum.hpp"
#include "../field/kernel_adx.hpp"
#include "../field/prime_field.hpp"

namespace millrace {

struct Avx2PoseidonArithmetic {
  using Field = PrimeField<ScalarPrime, AdxKernel>;
  using Value = Avx2Lanes<Field>;
  using Factor = Avx2ProductSum<Field>::Factor;
  using Constant = Avx2ProductSum<Field>::Constant;

  static Constant constant(const Field& value) { return Constant(Value::enter(value)); }
  static Value added(const Value& value, const Constant& constant) { return value + Value::broadcast(constant.element); }

  static Value fifthPower(const Value& x) { return (x * x).squared() * x; }

  /// From plain integers below p: plain(i) points to lane i's.
  template <class Plain>
  static Value enter(const Plain& plain) {
    const Field factor = Field::fromRepresentation(powerOfTwo(2 * 260, Field::modulus.p));
    return Value::gather(plain) * Value::broadcast(factor);
  }

  /// To plain integers, one for each lane.
  static void leave(const Value& value, Limbs* plain) {
    (value * Value::broadcast(Field::fromRepresentation({1, 0, 0, 0}))).canonical(below<2>).storePlain(plain);
  }

  class Sum {
   public:
    explicit Sum(const Constant* start) : start_(start) {}

    void add(const Factor* factors, const Constant* constants, unsigned count) { products_.add(factors, constants, count); }

    /// Below 2p, or 3p with a constant.
    Value value() const { return start_ == nullptr ? products_.value() : added(products_.value(), *start_); }

    /// Plus what is below 2p; below 2p. Takes no constant.
    Value valuePlus(const Value& other) const { return (products_.value() + other).reduced(below<4>); }

   private:
    const Constant* start_;
    Avx2ProductSum<Field> products_;
  };
};

}  // namespace millrace
