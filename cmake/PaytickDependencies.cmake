# Everything paytick links. All of it comes from the distribution (scripts/install-deps lists the packages), except
# librdkafka (scripts/install-librdkafka).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(RocksDB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(tl-expected REQUIRED)
find_package(OpenSSL REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
find_path(RAPIDJSON_INCLUDE rapidjson/reader.h REQUIRED)

add_library(paytick_rapidjson INTERFACE)
target_include_directories(paytick_rapidjson SYSTEM INTERFACE "${RAPIDJSON_INCLUDE}")
# SSE4.2 speeds up whitespace and string scanning, and ids (model/base64url.h); every x86-64 server of the last decade
# has it.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_definitions(paytick_rapidjson INTERFACE RAPIDJSON_SSE42)
  target_compile_options(paytick_rapidjson INTERFACE -msse4.2)
endif()
include(PaytickRdKafka)

if(PAYTICK_TESTS)
  find_package(GTest REQUIRED)
endif()
if(PAYTICK_BENCH)
  find_package(benchmark REQUIRED)
endif()
