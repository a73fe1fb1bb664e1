// Several elements of Fq2 = Fq[u] / (u^2 + 1) at a time over lanes of Fq, with the
// contract of scalar_lanes.hpp. Products in Fq are added before they are reduced, so
// that a multiplication in Fq2 takes only two reductions ("lazy reduction": D. Aranha
// et al., "Faster explicit formulas for computing pairings over ordinary curves",
// 2011); each type of lanes knows its cheapest way, `multiplyQuadratic`.
#pragma once

#include "quadratic_field.hpp"

namespace millrace {

template <class Base>
class QuadraticLanes {
 public:
  using Element = QuadraticField<typename Base::Element>;
  using Mask = typename Base::Mask;
  static constexpr size_t width = Base::width;

  /// Zero.
  QuadraticLanes() = default;

  static Element enter(const Element& x) { return {Base::enter(x.real()), Base::enter(x.imaginary())}; }
  static Element leave(const Element& x) { return {Base::leave(x.real()), Base::leave(x.imaginary())}; }

  static QuadraticLanes one() { return {Base::one(), Base()}; }

  template <class From>
  static QuadraticLanes gather(const From& from) {
    return {Base::gather([&](size_t i) { return &from(i)->real(); }), Base::gather([&](size_t i) { return &from(i)->imaginary(); })};
  }

  template <class To>
  void scatter(const To& to) const {
    c0_.scatter([&](size_t i) { return &to(i)->real(); });
    c1_.scatter([&](size_t i) { return &to(i)->imaginary(); });
  }

  QuadraticLanes operator+(const QuadraticLanes& o) const { return {c0_ + o.c0_, c1_ + o.c1_}; }
  template <unsigned k>
  QuadraticLanes minus(const QuadraticLanes& o, Bound<k> bound) const { return {c0_.minus(o.c0_, bound), c1_.minus(o.c1_, bound)}; }
  QuadraticLanes negated() const { return {c0_.negated(), c1_.negated()}; }
  template <unsigned k>
  QuadraticLanes canonical(Bound<k> bound) const { return {c0_.canonical(bound), c1_.canonical(bound)}; }

  /// The second factor is below 4p.
  QuadraticLanes operator*(const QuadraticLanes& o) const {
    QuadraticLanes r;
    Base::multiplyQuadratic(c0_, c1_, o.c0_, o.c1_, r.c0_, r.c1_);
    return r;
  }

  /// (c0 + c1)(c0 - c1) + 2 c0 c1 u, for parts below 2p: factors below 4p and 4p, 4p and 2p.
  QuadraticLanes squared() const { return {(c0_ + c1_) * c0_.minus(c1_, below<2>), (c0_ + c0_) * c1_}; }

  /// The conjugate over the norm c0^2 + c1^2, for parts below 2p.
  QuadraticLanes inverse() const {
    const Base scale = (c0_.squared() + c1_.squared()).reduced(below<4>).inverse();
    return {c0_ * scale, Base().minus(c1_, below<2>) * scale};
  }

  Mask isZero() const { return c0_.isZero() & c1_.isZero(); }
  Mask equals(const QuadraticLanes& o) const { return c0_.equals(o.c0_) & c1_.equals(o.c1_); }
  static QuadraticLanes select(Mask mask, const QuadraticLanes& yes, const QuadraticLanes& no) {
    return {Base::select(mask, yes.c0_, no.c0_), Base::select(mask, yes.c1_, no.c1_)};
  }

 private:
  QuadraticLanes(const Base& real, const Base& imaginary) : c0_(real), c1_(imaginary) {}

  Base c0_, c1_;
};

/// Lanes over any field of a family of prime field lanes.
template <template <class> class PrimeLanes, class Field>
struct LanesOver {
  using Type = PrimeLanes<Field>;
};

template <template <class> class PrimeLanes, class Base>
struct LanesOver<PrimeLanes, QuadraticField<Base>> {
  using Type = QuadraticLanes<PrimeLanes<Base>>;
};

}  // namespace millrace
