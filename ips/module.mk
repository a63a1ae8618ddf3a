LIBS += ips
ips_SRC := $(filter-out ips/ips_main.c ips/ipsd_main.c,$(wildcard ips/*.c))

PROGRAMS += ips ipsd
ips_MAIN := ips/ips_main.c
ips_LIBS := ips nfq hacache sigs decoders forward base
ipsd_MAIN := ips/ipsd_main.c
ipsd_LIBS := ips nfq hacache sigs decoders forward base
