# packaging: the systemd unit, with the daemon where PREFIX puts it.
UNIT_DIR ?= $(PREFIX)/lib/systemd/system

install: install-service
install-service:
	$(Q)mkdir -p $(DESTDIR)$(UNIT_DIR)
	$(Q)sed 's|^ExecStart=/usr/sbin/|ExecStart=$(PREFIX)/sbin/|' packaging/ipsd.service >$(DESTDIR)$(UNIT_DIR)/ipsd.service
	$(Q)chmod 644 $(DESTDIR)$(UNIT_DIR)/ipsd.service

.PHONY: install-service
