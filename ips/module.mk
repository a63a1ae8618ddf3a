LIBS += ips
ips_SRC := $(wildcard ips/*.c)
