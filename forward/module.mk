LIBS += forward
forward_SRC := $(wildcard forward/*.c)
