// Memory for large arrays that are read and written all over: in huge pages where the
// system has them, because a core knows the places of few pages at a time.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace millrace {

template <class T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}

  T* allocate(size_t count) {
    if (!isLarge(count)) return std::allocator<T>().allocate(count);
    const size_t bytes = (count * sizeof(T) + hugePage - 1) / hugePage * hugePage;
    void* memory = std::aligned_alloc(hugePage, bytes);
    if (memory == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<T*>(memory);
  }

  void deallocate(T* memory, size_t count) {
    if (isLarge(count)) std::free(memory);
    else std::allocator<T>().deallocate(memory, count);
  }

  template <class U>
  bool operator==(const HugePageAllocator<U>&) const { return true; }
  template <class U>
  bool operator!=(const HugePageAllocator<U>&) const { return false; }

 private:
  static constexpr size_t hugePage = size_t{1} << 21;

  static bool isLarge(size_t count) { return count > hugePage / sizeof(T) && count < SIZE_MAX / 2 / sizeof(T); }
};

template <class T>
using HugePageVector = std::vector<T, HugePageAllocator<T>>;

}  // namespace millrace
