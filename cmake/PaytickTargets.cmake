# Options, compile flags shared by all targets, and the few functions that declare them.
option(PAYTICK_TESTS "Build the tests" ON)
option(PAYTICK_BENCH "Build the benchmarks" ON)
set(PAYTICK_SANITIZE "" CACHE STRING "Sanitizers: empty, address or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

add_library(paytick_flags INTERFACE)
target_compile_options(paytick_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  -fno-omit-frame-pointer)
target_include_directories(paytick_flags INTERFACE "${PROJECT_SOURCE_DIR}/src")
if(PAYTICK_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(PAYTICK_SANITIZE STREQUAL "thread")
  # GCC warns that a bare fence is invisible to the thread sanitizer; Boost.Asio uses one.
  add_compile_options(-fsanitize=thread -Wno-error=tsan)
  add_link_options(-fsanitize=thread)
endif()

find_program(PAYTICK_CCACHE ccache)
if(PAYTICK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PAYTICK_CCACHE}")
endif()
find_program(PAYTICK_MOLD mold)
if(PAYTICK_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# paytick_library(<module> SOURCES … [PUBLIC …] [PRIVATE …]): the static library paytick_<module>.
function(paytick_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(paytick_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(paytick_${name} PUBLIC paytick_flags ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# paytick_test(<name> SOURCES … LIBS … [LABELS …] [TIMEOUT s] [SERIAL]): a GoogleTest program,
# one ctest entry a test case.
function(paytick_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} paytick_flags GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    PAYTICK_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PAYTICK_BINARY_DIR="${CMAKE_BINARY_DIR}")
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  if(ARG_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()

# paytick_kafka_test(<name> SOURCES … LIBS … [TIMEOUT s]): a GoogleTest program whose cases share a broker that it
# starts itself (tests/support); one ctest entry, because each process costs a broker.
function(paytick_kafka_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} paytick_support_kafka paytick_flags
    GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    PAYTICK_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PAYTICK_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "integration;kafka")
endfunction()

# paytick_bench(<name> SOURCES … LIBS …): a Google Benchmark program; never run as a test.
function(paytick_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} paytick_flags benchmark::benchmark)
endfunction()

# Adds each folder below `root` (any depth, sorted) that holds a CMakeLists.txt.
function(paytick_add_parts root)
  file(GLOB_RECURSE lists CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${root}/*/CMakeLists.txt")
  list(SORT lists)
  foreach(list ${lists})
    get_filename_component(dir "${list}" DIRECTORY)
    add_subdirectory("${dir}")
  endforeach()
endfunction()
