// Poseidon's constants over BN254's scalar field with the S-box x^5, 8 full rounds and
// circomlib's numbers of partial rounds: drawn from Grain as the paper's script
// generate_parameters_grain.sage does (the matrix is Cauchy: 1 / (x_i + y_j)), then
// rewritten so that a partial round costs 2t - 1 products instead of t^2 (the paper's
// appendix B, "Efficient implementation"; circomlibjs's poseidon_opt holds the same).
//
// With M = [[m, v], [w, N]] (m a number, N square of size t - 1), a partial round is
// x -> M S(x + c), where S takes the fifth power of element 0 alone.
//
// Matrices. For every k, diag(1, N^k) M = [[m, v N^-(k+1)], [N^k w, 1]] diag(1, N^(k+1)),
// and diag(1, N^(k+1)) goes past S. From the last partial round to the first, k = 0, 1, ...,
// this leaves sparse matrices, and diag(1, N^partial) M as the matrix of the full round
// before them.
//
// Constants. What c adds to the elements other than 0 goes past S and M into the next
// round's constants; what is left after the last partial round joins the next full round's.
//
// Sparse rounds by blocks. In a block of rounds i = 0 .. b - 1 with rows v_i, columns w_i
// and S-box outputs y_i, element 0 becomes m y_i + v_i X + sum_{j < i} (v_i w_j) y_j, where
// X are the other elements at the start of the block, and at its end X += sum w_i y_i:
// one reduction for each element and block instead of one for each round.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "grain.hpp"

namespace millrace {

/// `Constant` is a field element in the form that the arithmetic multiplies by.
template <class Constant>
struct PoseidonParameters {
  static constexpr unsigned halfFullRounds = 4;
  /// Sparse rounds in a block; the last block may be shorter.
  static constexpr unsigned block = 4;

  unsigned width, partialRounds;
  /// `width` for each full round, added before its S-boxes.
  std::vector<Constant> fullConstants;
  /// One for each partial round, added to element 0.
  std::vector<Constant> partialConstants;
  /// Row by row: M, and the matrix of the last full round before the partial ones.
  std::vector<Constant> mix, mixBeforePartial;
  /// v_i: width - 1 for each partial round.
  std::vector<Constant> rows;
  /// For each block and each element but element 0: its part of the block's w_i, `block` of them, 0 after the last round.
  std::vector<Constant> columns;
  /// `block` for each partial round i: v_i w_j for each j before i in its block, then m, then zeros.
  std::vector<Constant> inner;

  template <class Other, class Convert>
  PoseidonParameters<Other> converted(const Convert& convert) const {
    const auto all = [&](const std::vector<Constant>& from) {
      std::vector<Other> to;
      to.reserve(from.size());
      for (const Constant& constant : from) to.push_back(convert(constant));
      return to;
    };
    return {width, partialRounds, all(fullConstants), all(partialConstants), all(mix), all(mixBeforePartial),
            all(rows), all(columns), all(inner)};
  }
};

/// Derives the parameters of one width, 2 to 17 elements.
template <class Field>
class PoseidonDerivation {
 public:
  using Parameters = PoseidonParameters<Field>;

  static Parameters derive(unsigned width) { return PoseidonDerivation(width).parameters(); }

 private:
  using Vector = std::vector<Field>;
  static constexpr unsigned fullRounds = 2 * Parameters::halfFullRounds;
  /// circomlib's poseidon.circom, by width from 2 on.
  static constexpr std::array<unsigned, 16> partialRoundsOf{56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68};

  explicit PoseidonDerivation(unsigned width) : t_(width), partial_(partialRoundsOf[width - 2]) {
    Grain grain(t_, fullRounds, partial_);
    for (unsigned i = 0; i < (fullRounds + partial_) * t_; i++) {
      constants_.push_back(Field::fromLimbs(grain.nextBelow(Field::modulus.p)));
    }
    Vector points;
    for (unsigned i = 0; i < 2 * t_; i++) {
      const Limbs value = grain.next();  // below 2^254 < 2p
      const bool reduced = less(value, Field::modulus.p);
      points.push_back(Field::fromLimbs(reduced ? value : subtractWrapping(value, Field::modulus.p)));
    }
    for (unsigned i = 0; i < t_; i++) {
      for (unsigned j = 0; j < t_; j++) mix_.push_back((points[i] + points[t_ + j]).inverse());
    }
  }

  Parameters parameters() const {
    Parameters p{t_, partial_, {}, {}, mix_, {}, {}, {}, {}};
    deriveConstants(p);
    deriveSparseRounds(p);
    return p;
  }

  void deriveConstants(Parameters& p) const {
    constexpr unsigned half = Parameters::halfFullRounds;
    const auto round = [&](unsigned i) { return constants_.begin() + static_cast<std::ptrdiff_t>(i * t_); };
    p.fullConstants.assign(round(0), round(half));
    Vector carried(t_);
    for (unsigned i = half; i < half + partial_; i++) {
      Vector sum = added(Vector(round(i), round(i + 1)), carried);
      p.partialConstants.push_back(sum[0]);
      sum[0] = Field();
      carried = times(mix_, t_, sum);
    }
    const Vector first = added(Vector(round(half + partial_), round(half + partial_ + 1)), carried);
    p.fullConstants.insert(p.fullConstants.end(), first.begin(), first.end());
    p.fullConstants.insert(p.fullConstants.end(), round(half + partial_ + 1), constants_.end());
  }

  void deriveSparseRounds(Parameters& p) const {
    const unsigned n = t_ - 1;
    const Vector minor = minorOfMix(), inverse = inverted(minor, n);
    Vector row(mix_.begin() + 1, mix_.begin() + t_), column;
    for (unsigned i = 1; i < t_; i++) column.push_back(mix_[i * t_]);
    std::vector<Vector> rows, columns;  // from the last round to the first
    for (unsigned i = 0; i < partial_; i++) {
      row = times(row, inverse, n);
      rows.push_back(row);
      columns.push_back(column);
      column = times(minor, n, column);
    }
    std::reverse(rows.begin(), rows.end());
    std::reverse(columns.begin(), columns.end());
    deriveBlocks(p, rows, columns);
    // diag(1, N^partial) M, column by column.
    p.mixBeforePartial = mix_;
    for (unsigned j = 0; j < t_; j++) {
      Vector below;
      for (unsigned i = 1; i < t_; i++) below.push_back(mix_[i * t_ + j]);
      for (unsigned i = 0; i < partial_; i++) below = times(minor, n, below);
      for (unsigned i = 1; i < t_; i++) p.mixBeforePartial[i * t_ + j] = below[i - 1];
    }
  }

  void deriveBlocks(Parameters& p, const std::vector<Vector>& rows, const std::vector<Vector>& columns) const {
    constexpr unsigned block = Parameters::block;
    for (unsigned first = 0; first < partial_; first += block) {
      for (unsigned k = 0; k < t_ - 1; k++) {
        for (unsigned i = first; i < first + block; i++) p.columns.push_back(i < partial_ ? columns[i][k] : Field());
      }
    }
    for (unsigned i = 0; i < partial_; i++) {
      p.rows.insert(p.rows.end(), rows[i].begin(), rows[i].end());
      const unsigned first = i - i % block;
      for (unsigned j = first; j < first + block; j++) {
        p.inner.push_back(j < i ? dot(rows[i], columns[j]) : j == i ? mix_[0] : Field());
      }
    }
  }

  /// N.
  Vector minorOfMix() const {
    Vector minor;
    for (unsigned i = 1; i < t_; i++) {
      minor.insert(minor.end(), mix_.begin() + i * t_ + 1, mix_.begin() + (i + 1) * t_);
    }
    return minor;
  }

  static Vector added(const Vector& a, const Vector& b) {
    Vector sum;
    for (size_t i = 0; i < a.size(); i++) sum.push_back(a[i] + b[i]);
    return sum;
  }

  static Field dot(const Vector& a, const Vector& b) {
    Field sum;
    for (size_t i = 0; i < a.size(); i++) sum = sum + a[i] * b[i];
    return sum;
  }

  /// matrix * vector.
  static Vector times(const Vector& matrix, unsigned n, const Vector& vector) {
    Vector product(n);
    for (unsigned i = 0; i < n; i++) {
      for (unsigned j = 0; j < n; j++) product[i] = product[i] + matrix[i * n + j] * vector[j];
    }
    return product;
  }

  /// vector * matrix.
  static Vector times(const Vector& vector, const Vector& matrix, unsigned n) {
    Vector product(n);
    for (unsigned i = 0; i < n; i++) {
      for (unsigned j = 0; j < n; j++) product[j] = product[j] + vector[i] * matrix[i * n + j];
    }
    return product;
  }

  /// Gauss and Jordan. Minors of a Cauchy matrix are Cauchy: all are invertible, so that no pivot is zero.
  static Vector inverted(Vector matrix, unsigned n) {
    Vector inverse(n * n);
    for (unsigned i = 0; i < n; i++) inverse[i * n + i] = Field::one();
    const auto combine = [n](Vector& m, unsigned to, unsigned from, const Field& factor) {
      for (unsigned j = 0; j < n; j++) m[to * n + j] = m[to * n + j] - m[from * n + j] * factor;
    };
    for (unsigned i = 0; i < n; i++) {
      const Field scale = matrix[i * n + i].inverse();
      for (unsigned j = 0; j < n; j++) {
        matrix[i * n + j] = matrix[i * n + j] * scale;
        inverse[i * n + j] = inverse[i * n + j] * scale;
      }
      for (unsigned k = 0; k < n; k++) {
        if (k == i) continue;
        const Field factor = matrix[k * n + i];
        combine(matrix, k, i, factor);
        combine(inverse, k, i, factor);
      }
    }
    return inverse;
  }

  unsigned t_, partial_;
  Vector constants_, mix_;
};

/// Parameters by width, each derived when it is first asked for (1 to 30 ms). Safe to call from several threads.
template <class Arithmetic>
const PoseidonParameters<typename Arithmetic::Constant>& poseidonParameters(unsigned width) {
  using Parameters = PoseidonParameters<typename Arithmetic::Constant>;
  static std::array<std::once_flag, 18> derived;
  static std::array<std::unique_ptr<const Parameters>, 18> all;
  std::call_once(derived[width], [width] {
    const auto parameters = PoseidonDerivation<typename Arithmetic::Field>::derive(width);
    all[width] = std::make_unique<const Parameters>(parameters.template converted<typename Arithmetic::Constant>(Arithmetic::constant));
  });
  return *all[width];
}

}  // namespace millrace
