// What the compiler's libFuzzer offers to a program that has a main function of its own. https://llvm.org/docs/LibFuzzer.html
#ifndef SWITCHYARD_CLIBFUZZER_SHIM_H
#define SWITCHYARD_CLIBFUZZER_SHIM_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run)(const uint8_t *bytes, size_t count));

// Changes the bytes in place as libFuzzer would; returns how many there are then.
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t most);

#endif
