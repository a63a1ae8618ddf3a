LIBS += sigs
sigs_SRC := $(wildcard sigs/*.c)
