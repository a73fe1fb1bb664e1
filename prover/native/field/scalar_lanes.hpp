// One field element seen as a vector of one lane: what the algorithms that work on
// several elements at once run on where no vector kernel is chosen.
//
// The contract of every lane type (see also ifma_lanes.hpp and avx2_lanes.hpp):
// - memory holds `Element`s, each below 2p, in the lanes' own Montgomery form;
//   `enter` and `leave` convert single elements from and to the scalar form;
// - in registers a value may be larger, within the bound that is known of it: the
//   bounds of a multiplication's operands, multiplied, are at most 16 p^2 (8p by 2p,
//   4p by 4p), and its result is below 2p; `squared` takes what is below 2p; a sum is
//   below the sum of its operands' bounds; a.minus(b, below<k>) needs b < k p and is
//   below a's bound plus k p;
// - `isZero`, `equals` and `negated` take canonical values (below p).
#pragma once

#include <cstddef>

#include "bound.hpp"
#include "limbs.hpp"

namespace millrace {

template <class Field>
class ScalarLanes {
 public:
  using Element = Field;
  /// One bit for each lane.
  using Mask = unsigned;
  static constexpr size_t width = 1;

  ScalarLanes() = default;

  static Element enter(const Element& scalar) { return scalar; }
  static Element leave(const Element& lane) { return lane; }

  /// A vector of scalar forms, loaded and multiplied by this, is in the lanes' form.
  static Element enterFactor() { return Field::one(); }
  /// A vector times this is the plain integers of its values times `scalar`.
  static Element plainFactor(const Element& scalar) { return Field::fromRepresentation(scalar.toLimbs()); }

  static ScalarLanes one() { return Field::one(); }
  static ScalarLanes broadcast(const Element& element) { return element; }
  static ScalarLanes load(const Element* from) { return *from; }
  /// from(i) points to lane i's element.
  template <class From>
  static ScalarLanes gather(const From& from) { return *from(0); }
  void store(Element* to) const { *to = value_; }
  /// Canonical plain integers.
  void storePlain(Limbs* to) const { *to = value_.representation(); }
  template <class To>
  void scatter(const To& to) const { *to(0) = value_; }

  ScalarLanes operator+(const ScalarLanes& other) const { return value_ + other.value_; }
  ScalarLanes operator*(const ScalarLanes& other) const { return value_ * other.value_; }
  ScalarLanes squared() const { return value_.squared(); }
  template <unsigned k>
  ScalarLanes minus(const ScalarLanes& other, Bound<k>) const { return value_ - other.value_; }
  /// -x for a canonical x, canonical.
  ScalarLanes negated() const { return -value_; }
  /// From below k p to below 2p, which memory can hold.
  template <unsigned k>
  ScalarLanes reduced(Bound<k>) const { return *this; }
  /// From below k p to below p.
  template <unsigned k>
  ScalarLanes canonical(Bound<k>) const { return *this; }

  /// 1/x in every lane; all lanes of x are nonzero.
  ScalarLanes inverse() const { return value_.inverse(); }

  Mask isZero() const { return value_.isZero(); }
  Mask equals(const ScalarLanes& other) const { return value_ == other.value_; }
  static ScalarLanes select(Mask mask, const ScalarLanes& yes, const ScalarLanes& no) { return mask != 0 ? yes : no; }

 private:
  ScalarLanes(const Field& value) : value_(value) {}

  Field value_;
};

/// A family of lane types, and what a thread that computes with them holds meanwhile.
struct ScalarLaneFamily {
  template <class Field>
  using Lanes = ScalarLanes<Field>;
  struct Environment {
    Environment() {}
  };
};

}  // namespace millrace
