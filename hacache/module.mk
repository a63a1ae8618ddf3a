LIBS += hacache
hacache_SRC := $(wildcard hacache/*.c)
hacache_OBJ := $(B)/gen/ha.pb-c.o

$(B)/gen/ha.pb-c.c: hacache/ha.proto
	@mkdir -p $(@D)
	$(if $(Q),@echo "  PROTO $<")
	$(Q)protoc-c --c_out=$(@D) --proto_path=hacache ha.proto
$(B)/gen/ha.pb-c.h: $(B)/gen/ha.pb-c.c
	@touch $@
$(B)/gen/ha.pb-c.o: $(B)/gen/ha.pb-c.c
	$(if $(Q),@echo "  CC    $<")
	$(Q)$(CC) $(filter-out -Wall -Wextra -Wshadow -W%prototypes -Werror%,$(CFLAGS_ALL)) -c -o $@ $<
$(B)/hacache/ha_wire.o: $(B)/gen/ha.pb-c.h
