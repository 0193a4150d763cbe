// The library's header names FILE and size_t without declaring them.
#include <stdio.h>

#include <jpeglib.h>
