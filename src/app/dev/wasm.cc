#include "app/dev/wasm.h"

// The assembler reads the files; PAYTICK_WASM_DIR comes from CMake.
#define INCLUDE_BYTES(name, file)                                  \
  __asm__(                                                         \
      ".pushsection .rodata\n"                                     \
      ".global paytick_" #name                                     \
      "_begin\n"                                                   \
      ".global paytick_" #name                                     \
      "_end\n"                                                     \
      "paytick_" #name "_begin:\n.incbin \"" PAYTICK_WASM_DIR file \
      "\"\n"                                                       \
      "paytick_" #name "_end:\n.byte 0\n.popsection\n");           \
  extern "C" const char paytick_##name##_begin[];                  \
  extern "C" const char paytick_##name##_end[];

INCLUDE_BYTES(meter, "/meter.wasm")
INCLUDE_BYTES(router, "/router.wasm")

namespace paytick::app::dev {

std::string_view meter_wasm() {
  return {paytick_meter_begin, static_cast<std::size_t>(paytick_meter_end - paytick_meter_begin)};
}
std::string_view router_wasm() {
  return {paytick_router_begin, static_cast<std::size_t>(paytick_router_end - paytick_router_begin)};
}

}  // namespace paytick::app::dev
