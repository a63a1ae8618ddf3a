LIBS += nfq
nfq_SRC := $(wildcard nfq/*.c)
