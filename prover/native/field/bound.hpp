// Bounds of lazily reduced field elements, written where they are relied on.
#pragma once

namespace millrace {

/// "This operand is below multiple * p." A statement of the caller's, to be argued beside the call; a
/// representation that always reduces fully ignores it.
template <unsigned multiple>
struct Bound {};

template <unsigned multiple>
constexpr Bound<multiple> below{};

}  // namespace millrace
