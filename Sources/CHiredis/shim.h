#ifndef SWITCHYARD_CHIREDIS_SHIM_H
#define SWITCHYARD_CHIREDIS_SHIM_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#endif
