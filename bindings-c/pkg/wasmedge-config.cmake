# Gives wasmedge::wasmedge, the shared library, wasmedge::static, and wasmedge::wasmedge_c with the
# interface of 0.10.1. Paths are relative to this file, so the whole prefix can be moved.
get_filename_component(_wasmedge_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET wasmedge::wasmedge)
  add_library(wasmedge::wasmedge SHARED IMPORTED)
  set_target_properties(wasmedge::wasmedge PROPERTIES
    IMPORTED_LOCATION "${_wasmedge_prefix}/lib/libwasmedge.so.0"
    IMPORTED_SONAME "libwasmedge.so.0"
    INTERFACE_INCLUDE_DIRECTORIES "${_wasmedge_prefix}/include")

  add_library(wasmedge::static STATIC IMPORTED)
  set_target_properties(wasmedge::static PROPERTIES
    IMPORTED_LOCATION "${_wasmedge_prefix}/lib/libwasmedge.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_wasmedge_prefix}/include"
    INTERFACE_LINK_LIBRARIES "util;rt;pthread;m;dl;c")

  add_library(wasmedge::wasmedge_c SHARED IMPORTED)
  set_target_properties(wasmedge::wasmedge_c PROPERTIES
    IMPORTED_LOCATION "${_wasmedge_prefix}/lib/libwasmedge_c.so"
    IMPORTED_NO_SONAME TRUE
    INTERFACE_INCLUDE_DIRECTORIES "${_wasmedge_prefix}/include/wasmedge-0.10")
endif()

unset(_wasmedge_prefix)
