LIBS += decoders
decoders_SRC := $(wildcard decoders/*.c decoders/*/*.c)
