// Plain numbers as JavaScript's BigInts. Node-API reads and makes their words, which costs
// less than bytes that JavaScript makes.
#pragma once

#include <napi.h>

#include "field/limbs.hpp"

namespace millrace {

/// A BigInt of [0, 2^256).
inline Limbs readLimbs(const Napi::Value& value) {
  if (!value.IsBigInt()) throw Napi::TypeError::New(value.Env(), "a BigInt is wanted");
  Limbs limbs{};
  int negative = 0;
  size_t words = limbs.size();
  value.As<Napi::BigInt>().ToWords(&negative, &words, limbs.data());
  if (negative != 0 || words > limbs.size()) throw Napi::RangeError::New(value.Env(), "0 <= x < 2^256 is wanted");
  return limbs;
}

inline Napi::Array readArray(const Napi::Value& value) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "an array is wanted");
  return value.As<Napi::Array>();
}

}  // namespace millrace
