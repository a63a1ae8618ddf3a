LIBS += base
base_SRC := $(wildcard base/*.c)
