// Groth16's prover (J. Groth, "On the size of pairing-based non-interactive
// arguments", 2016, section 3.2) over a proving key of snarkjs that is opened once:
//   A = alpha + sum w_i A_i + r delta
//   B = beta + sum w_i B_i + s delta
//   C = sum_private w_i L_i + sum h_i H_i + s A + r B - r s delta
// with random r and s, which make the proof reveal nothing but the statement.
#pragma once

#include <memory>
#include <string>

#include "../curve/window_sum.hpp"
#include "../field/scalar_lanes.hpp"
#include "../system/files.hpp"
#include "../system/random_scalar.hpp"
#include "point_section.hpp"
#include "quotient.hpp"

namespace millrace {

/// A proof: A, B, C in affine coordinates, plain, 32 bytes little endian each, B's as c0 then c1; zeros at infinity.
constexpr size_t proofBytes = 8 * 32;

/// An opened proving key. Immutable: several proofs may be made at once, from several threads.
class Prover {
 public:
  virtual ~Prover() = default;

  virtual uint32_t publicWires() const = 0;

  /// Makes a proof of a wtns file's bytes. `proof` takes proofBytes, `publicSignals` 32 bytes for each public wire, plain.
  /// Throws InputError ('bad-witness-file', 'witness-mismatch'; 'bad-zkey' if the file was changed since), Cancelled.
  virtual void prove(const Section& wtns, unsigned threads, ProofMonitor& monitor, uint8_t* proof, uint8_t* publicSignals) const = 0;
};

/// `Kernel` computes with single elements, `LaneFamily` with many at once.
template <class Kernel, class LaneFamily>
class KernelProver final : public Prover {
 public:
  using Curve = Bn254<Kernel>;
  using Fq = typename Curve::Fq;
  using Fq2 = typename Curve::Fq2;
  using Fr = typename Curve::Fr;
  using G1Lanes = typename LaneFamily::template Lanes<Fq>;
  using G2Lanes = typename LaneFamily::template Lanes<Fq2>;
  using FrLanes = typename LaneFamily::template Lanes<Fr>;
  using G1 = XyzzPoint<Fq>;
  using G2 = XyzzPoint<Fq2>;

  /// Throws InputError ('bad-zkey', 'forgeable-key'), std::system_error.
  KernelProver(const std::string& path, unsigned threads)
      : file_(path),
        key_(readZkey({file_.data(), file_.size()})),
        rows_(key_, threads),
        alpha1_(point<Fq>(key_.alpha1, "alpha1")), beta1_(point<Fq>(key_.beta1, "beta1")), delta1_(point<Fq>(key_.delta1, "delta1")),
        beta2_(point<Fq2>(key_.beta2, "beta2")), delta2_(point<Fq2>(key_.delta2, "delta2")) {
    point<Fq2>(key_.gamma2, "gamma2");
    const PointReader<Fq, Curve> a(key_.a, "A"), b1(key_.b1, "B1"), l(key_.l, "L"), h(key_.h, "H");
    const PointReader<Fq2, Curve> b2(key_.b2, "B2");
    // One list serves B in both groups.
    const auto hasB = [&](size_t i) { return !b1.isInfinity(i) || !b2.isInfinity(i); };
    a_ = readBases<G1Lanes>(a, 0, threads, [&](size_t i) { return !a.isInfinity(i); });
    b1_ = readBases<G1Lanes>(b1, 0, threads, hasB);
    b2_ = readBases<G2Lanes>(b2, 0, threads, hasB);
    l_ = readBases<G1Lanes>(l, key_.publicWires + 1, threads, [&](size_t i) { return !l.isInfinity(i); });
    h_ = readBases<G1Lanes>(h, 0, threads, [&](size_t i) { return !h.isInfinity(i); });
    if (size_t{1} << key_.domainPower >= RootTransform<FrLanes>::smallestSize) {
      quotient_ = std::make_unique<QuotientTransform<FrLanes>>(key_.domainPower);
    } else {
      smallQuotient_ = std::make_unique<QuotientTransform<ScalarLanes<Fr>>>(key_.domainPower);
    }
  }

  uint32_t publicWires() const override { return key_.publicWires; }

  void prove(const Section& wtns, unsigned threads, ProofMonitor& monitor, uint8_t* proof, uint8_t* publicSignals) const override {
    const typename LaneFamily::Environment environment;
    monitor.begin(ProofStage::witness, 1);
    const Witness witness = readWitness(wtns, key_.wires);
    monitor.step();
    const WipedVector<Limbs> h = quotientScalars(witness, threads, monitor);
    const Sums sums = sumAll(witness, h, threads, monitor);

    const WipedVector<Limbs> blinding{randomScalar(), randomScalar()};
    const Limbs &r = blinding[0], &s = blinding[1];
    const Limbs minusProduct = (-(Fr::fromLimbs(r) * Fr::fromLimbs(s))).toLimbs();
    const G1 a = sums.a + alpha1_ + delta1_.times(r);
    const G1 b1 = sums.b1 + beta1_ + delta1_.times(s);
    const G2 b2 = sums.b2 + beta2_ + delta2_.times(s);
    const G1 c = sums.l + sums.h + a.times(s) + b1.times(r) + delta1_.times(minusProduct);

    const auto affineA = a.toAffine(), affineC = c.toAffine();
    const auto affineB = b2.toAffine();
    for (const Fq* coordinate : {&affineA.x, &affineA.y, &affineB.x.real(), &affineB.x.imaginary(), &affineB.y.real(),
                                 &affineB.y.imaginary(), &affineC.x, &affineC.y}) {
      coordinate->storePlain(proof);
      proof += 32;
    }
    std::memcpy(publicSignals, &witness[1], 32 * size_t{key_.publicWires});
  }

 private:
  struct Sums {
    G1 a, b1, l, h;
    G2 b2;
  };

  template <class Element>
  static XyzzPoint<Element> point(const Section& section, const char* name) {
    return PointReader<Element, Curve>(section, name).read(0);
  }

  WipedVector<Limbs> quotientScalars(const Witness& witness, unsigned threads, ProofMonitor& monitor) const {
    monitor.begin(ProofStage::quotient, 4);
    const size_t rows = size_t{1} << key_.domainPower;
    WipedVector<Fr> a(rows), b(rows);
    rows_.multiply(witness, a.data(), b.data(), threads);
    monitor.step();
    return quotient_ ? quotient_->scalars(a, b, threads, monitor) : smallQuotient_->scalars(a, b, threads, monitor);
  }

  /// All sums, window by window from one list of tasks, the longest first.
  Sums sumAll(const Witness& witness, const WipedVector<Limbs>& h, unsigned threads, ProofMonitor& monitor) const {
    const ScalarDigits digits(witness.data(), witness.size(), threads), hDigits(h.data(), h.size(), threads);
    const unsigned windows = digits.windows(), hWindows = hDigits.windows();
    std::vector<G1> a(windows), b1(windows), l(windows), hSums(hWindows);
    std::vector<G2> b2(windows);
    const size_t tasks = 3 * size_t{windows} + hWindows;
    monitor.begin(ProofStage::points, tasks);
    std::atomic<size_t> next{0};
    parallelBlocks(threads, std::min<size_t>(threads, tasks), 1, [&](size_t, size_t) {
      SortedWindow sorted;
      WindowSum<G1Lanes> g1;
      WindowSum<G2Lanes> g2;
      for (size_t task = next++; task < tasks; task = next++) {
        const size_t window = task < 3 * size_t{windows} ? task % windows : task - 3 * size_t{windows};
        const auto w = static_cast<unsigned>(window);
        if (task < windows) {
          sort(sorted, digits, w, b2_);
          b2[w] = g2.run(b2_.points.data(), sorted);
          b1[w] = g1.run(b1_.points.data(), sorted);
        } else if (task < 2 * size_t{windows}) {
          sort(sorted, digits, w, a_);
          a[w] = g1.run(a_.points.data(), sorted);
        } else if (task < 3 * size_t{windows}) {
          sort(sorted, digits, w, l_);
          l[w] = g1.run(l_.points.data(), sorted);
        } else {
          sort(sorted, hDigits, w, h_);
          hSums[w] = g1.run(h_.points.data(), sorted);
        }
        monitor.step();
      }
    });
    return {joinWindows(a, digits.width()), joinWindows(b1, digits.width()), joinWindows(l, digits.width()),
            joinWindows(hSums, hDigits.width()), joinWindows(b2, digits.width())};
  }

  template <class Element>
  static void sort(SortedWindow& sorted, const ScalarDigits& digits, unsigned window, const Bases<Element>& bases) {
    sorted.sort(digits, window, bases.scalarOf.data(), bases.scalarOf.size());
  }

  MappedFile file_;
  Zkey key_;
  ConstraintRows<Kernel> rows_;
  G1 alpha1_, beta1_, delta1_;
  G2 beta2_, delta2_;
  Bases<Fq> a_, b1_, l_, h_;
  Bases<Fq2> b2_;
  std::unique_ptr<QuotientTransform<FrLanes>> quotient_;
  std::unique_ptr<QuotientTransform<ScalarLanes<Fr>>> smallQuotient_;  // For a domain that is too small for the lanes.
};

}  // namespace millrace
