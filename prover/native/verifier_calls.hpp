// The Node-API face of proof verification. Types and preconditions: addon.ts.
#pragma once

#include <napi.h>

namespace millrace {

/// @param kernel the name of the kernel in use
void exportVerifierCalls(Napi::Env env, Napi::Object exports, const char* kernel);

}  // namespace millrace
