/* The C interface as it stands in this repository. The XCFramework brings its own copy and module map. */
#ifndef FIELD_SHIM_H
#define FIELD_SHIM_H

#include "../../../../crates/ffi/include/field.h"

#endif
