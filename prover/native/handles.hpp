// Native objects in JavaScript's hands.
#pragma once

#include <napi.h>

namespace millrace {

/// Gives an object to JavaScript; it is deleted with its handle.
template <class T>
Napi::External<T> hold(Napi::Env env, T* value) {
  return Napi::External<T>::New(env, value, [](Napi::Env, T* held) { delete held; });
}

/// The object behind a handle that `hold` made.
template <class T>
T& held(const Napi::Value& value) {
  if (!value.IsExternal()) throw Napi::TypeError::New(value.Env(), "a native object is wanted");
  return *value.As<Napi::External<T>>().Data();
}

}  // namespace millrace
