// Memory of a JavaScript Uint8Array.
#pragma once

#include <napi.h>

namespace millrace {

struct Bytes {
  Napi::Uint8Array array;
  uint8_t* data;
  size_t size;

  explicit Bytes(const Napi::Uint8Array& from) : array(from), data(array.Data()), size(array.ByteLength()) {}

  static Bytes allocate(Napi::Env env, size_t size) { return Bytes(Napi::Uint8Array::New(env, size)); }

  static Bytes from(const Napi::Value& value) {
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
      throw Napi::TypeError::New(value.Env(), "a Uint8Array is wanted");
    }
    return Bytes(value.As<Napi::Uint8Array>());
  }

  /// A whole number of records of `record` bytes.
  static Bytes from(const Napi::Value& value, size_t record) {
    Bytes bytes = from(value);
    if (bytes.size % record != 0) throw Napi::RangeError::New(value.Env(), "length is not a multiple of the record size");
    return bytes;
  }
};

}  // namespace millrace
