# paytick_rdkafka: the Kafka client library. Looked for in this order:
#   -DPAYTICK_RDKAFKA_ROOT=<prefix>, with include/ and lib/ below it
#   where scripts/install-librdkafka puts it
#   the system's, through pkg-config (without what tools/librdkafka mends)
# Older versions are refused: their transactions lose or repeat messages (ours are exactly once or stop).
set(PAYTICK_RDKAFKA_ROOT "" CACHE PATH "Prefix of librdkafka; empty: scripts/install-librdkafka's, else the system's")
set(paytick_rdkafka_least 2.12.0)
set(paytick_rdkafka_advice "Run scripts/install-librdkafka, or name the prefix of librdkafka ${paytick_rdkafka_least} or newer "
  "by -DPAYTICK_RDKAFKA_ROOT=<prefix>.")

add_library(paytick_rdkafka INTERFACE)

set(paytick_rdkafka_prefix "${PAYTICK_RDKAFKA_ROOT}")
if(NOT paytick_rdkafka_prefix)
  execute_process(COMMAND "${PROJECT_SOURCE_DIR}/scripts/install-librdkafka" --prefix
    OUTPUT_VARIABLE paytick_rdkafka_prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()

set(paytick_rdkafka_header "${paytick_rdkafka_prefix}/include/librdkafka/rdkafka.h")
if(EXISTS "${paytick_rdkafka_header}")
  # 0xMMmmrrff: major, minor, revision, and ff for a release.
  file(STRINGS "${paytick_rdkafka_header}" line REGEX "^#define RD_KAFKA_VERSION 0x")
  string(REGEX MATCH "0x(..)(..)(..)" line "${line}")
  math(EXPR major "0x${CMAKE_MATCH_1}")
  math(EXPR minor "0x${CMAKE_MATCH_2}")
  math(EXPR revision "0x${CMAKE_MATCH_3}")
  set(paytick_rdkafka_version "${major}.${minor}.${revision}")
  find_library(PAYTICK_RDKAFKA_LIBRARY NAMES librdkafka.a rdkafka HINTS "${paytick_rdkafka_prefix}"
    PATH_SUFFIXES lib lib64 NO_DEFAULT_PATH NO_CACHE)
  if(NOT PAYTICK_RDKAFKA_LIBRARY)
    message(FATAL_ERROR "No librdkafka in ${paytick_rdkafka_prefix}/lib. " ${paytick_rdkafka_advice})
  endif()
  target_include_directories(paytick_rdkafka SYSTEM INTERFACE "${paytick_rdkafka_prefix}/include")
  target_link_libraries(paytick_rdkafka INTERFACE "${PAYTICK_RDKAFKA_LIBRARY}"
    OpenSSL::SSL OpenSSL::Crypto z zstd lz4 m ${CMAKE_DL_LIBS} Threads::Threads)
elseif(PAYTICK_RDKAFKA_ROOT)
  message(FATAL_ERROR "No librdkafka/rdkafka.h in ${PAYTICK_RDKAFKA_ROOT}/include. " ${paytick_rdkafka_advice})
else()
  pkg_check_modules(RDKAFKA IMPORTED_TARGET rdkafka)
  if(NOT RDKAFKA_FOUND)
    message(FATAL_ERROR "librdkafka is missing. " ${paytick_rdkafka_advice})
  endif()
  set(paytick_rdkafka_version "${RDKAFKA_VERSION}")
  target_link_libraries(paytick_rdkafka INTERFACE PkgConfig::RDKAFKA)
endif()

if(paytick_rdkafka_version VERSION_LESS paytick_rdkafka_least)
  message(FATAL_ERROR "librdkafka ${paytick_rdkafka_version} is too old. " ${paytick_rdkafka_advice})
endif()
message(STATUS "librdkafka ${paytick_rdkafka_version}")
