LIBS += ips
ips_SRC := $(filter-out ips/ips_main.c,$(wildcard ips/*.c))

PROGRAMS += ips
ips_MAIN := ips/ips_main.c
ips_LIBS := ips nfq hacache sigs decoders forward base
