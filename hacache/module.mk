LIBS += hacache
hacache_SRC := $(wildcard hacache/*.c)
