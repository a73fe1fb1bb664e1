// Memory for values derived from a setup's secrets, or of a witness: overwritten before it is freed.
#pragma once

#include <cstring>

#include "huge_pages.hpp"

namespace millrace {

/// Overwrites memory in a way that the optimizer cannot drop.
inline void wipe(void* memory, size_t bytes) {
  std::memset(memory, 0, bytes);
  asm volatile("" : : "r"(memory) : "memory");
}

template <class T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}

  T* allocate(size_t count) { return HugePageAllocator<T>().allocate(count); }

  void deallocate(T* memory, size_t count) {
    wipe(static_cast<void*>(memory), count * sizeof(T));
    HugePageAllocator<T>().deallocate(memory, count);
  }

  template <class U>
  bool operator==(const WipingAllocator<U>&) const { return true; }
  template <class U>
  bool operator!=(const WipingAllocator<U>&) const { return false; }
};

template <class T>
using WipedVector = std::vector<T, WipingAllocator<T>>;

}  // namespace millrace
