# Read by CMake after project(): adds the deliberate faults to the addon and to both servers.
cmake_language(DEFER CALL target_sources bsd_sockets PRIVATE ${CMAKE_SOURCE_DIR}/test/sanitizers/faults.c)
cmake_language(DEFER CALL target_sources echo PRIVATE ${CMAKE_SOURCE_DIR}/test/sanitizers/faults.c)
cmake_language(DEFER CALL target_sources http PRIVATE ${CMAKE_SOURCE_DIR}/test/sanitizers/faults.c)
add_library(leaks MODULE ${CMAKE_SOURCE_DIR}/test/sanitizers/leaks.c)
set_target_properties(leaks PROPERTIES PREFIX "" SUFFIX ".node")
