"""PDUs of a capture as a third party (tshark) and as `ips replay --events` tell them, in one form, to be compared.

A PDU is (packet number, text); they come in lists by (layer, sender, receiver), in their order on the wire. The texts:
  cotp  "cotp.dt"
  pres  "pres.cp 1=2.2.1.0.1 3=1.0.9506.2.1", "pres.cpa 0 0" (results), "pres.context" (data in a context that the CP did not define)
  mms   "mms.read.request 7 ICC_A/Point /TASE2_Version" (invoke id; names as domain/object, a domain alone as domain/)
"""
import json
import re
import subprocess
import xml.etree.ElementTree

import caps

COTP = {"0x0e": "cr", "0x0d": "cc", "0x08": "dr", "0x0c": "dc", "0x0f": "dt", "0x01": "ed", "0x06": "ak", "0x02": "ea",
        "0x05": "rj", "0x07": "er"}
MMS = {  # element: event
    "mms.initiate_RequestPDU_element": "mms.initiate.request", "mms.initiate_ResponsePDU_element": "mms.initiate.response",
    "mms.initiate_ErrorPDU_element": "mms.initiateError", "mms.conclude_RequestPDU_element": "mms.conclude.request",
    "mms.conclude_ResponsePDU_element": "mms.conclude.response", "mms.conclude_ErrorPDU_element": "mms.concludeError",
    "mms.cancel_RequestPDU": "mms.cancel.request", "mms.cancel_ResponsePDU": "mms.cancel.response",
    "mms.cancel_ErrorPDU_element": "mms.cancelError", "mms.confirmed_ErrorPDU_element": "mms.confirmedError",
    "mms.rejectPDU_element": "mms.reject"}
OBJECTS = {  # elements that are a name outside domains
    "mms.vmd_specific", "mms.aa_specific", "mms.Identifier", "mms.newIdentifier", "mms.programInvocationName",
    "mms.operatorStationName", "mms.deleteProgramInvocation", "mms.getProgramInvocationAttributes", "mms.FileName_item"}
DOMAINS = {  # elements that are the name of a domain
    "mms.domainSpecific", "mms.domainName", "mms.downloadSegment", "mms.initiateUploadSequence", "mms.deleteDomain",
    "mms.getDomainAttributes"}
UNCONFIRMED = {"0": "mms.informationReport", "1": "mms.unsolicitedStatus", "2": "mms.eventNotification"}
INVOKE = ("mms.invokeID", "mms.originalInvokeID", "mms.cancel_RequestPDU", "mms.cancel_ResponsePDU")


def services():
    with open("decoders/events.h", encoding="utf-8") as f:
        return dict(re.findall(r"^\tX\((\d+), (\w+)\)", f.read(), re.M))


SERVICES = services()


def mms_line(event, invoke, names):
    """Domains that are named alone come last: their place among the other names is the service's, not the traffic's."""
    return " ".join([event] + invoke + sorted(names, key=lambda n: n.endswith("/")))


SERVICES_SEEN = 78  # tshark does not name the services from here on: they, and what else it cannot name, are not compared
UNSEEN = {s for n, s in SERVICES.items() if int(n) >= SERVICES_SEEN}


class Pdus:
    """Lists of PDUs by (layer, sender, receiver)."""

    def __init__(self):
        self.of, self.contexts, self.rdp = {}, {}, set()

    def add(self, layer, ends, nr, text):
        self.of.setdefault((layer,) + ends, []).append((nr, text))

    def count(self):
        return sum(map(len, self.of.values()))


# --- tshark -------------------------------------------------------------------------------------------


def text_of(field):
    return bytes.fromhex(field.get("value", "")).decode("latin-1")


def leaf(tree, name):
    return next((f for f in tree.iter("field") if f.get("name") == name), None)


def shown(tree, name):
    f = leaf(tree, name)
    return "" if f is None else f.get("show")


def names_in(tree):
    """All names of a PDU, in their order."""
    for f in tree:
        name = f.get("name", "")
        if name == "mms.domain_specific_element":
            yield "%s/%s" % tuple("" if p is None else text_of(p) for p in (leaf(f, "mms.domainId"), leaf(f, "mms.itemId")))
        elif name in OBJECTS:
            yield "/" + text_of(f)
        elif name in DOMAINS:
            yield text_of(f) + "/"
        elif name in ("mms.listOfDomainNames", "mms.listOfDomainName"):
            yield from (text_of(d) + "/" for d in f)
        elif not name.endswith("ontinueAfter"):  # where a list goes on is no name that is asked for
            yield from names_in(f)


def mms_text(tree):
    event = next((MMS[f.get("name")] for f in tree if f.get("name") in MMS), None)
    for way in ("Request", "Response"):
        number = shown(tree, "mms.confirmedService" + way)
        if number:
            event = "mms.%s.%s" % (SERVICES.get(number, number), way.lower())
    if event is None:
        event = UNCONFIRMED.get(shown(tree, "mms.unconfirmedService"))
    if event is None:
        return ""
    invoke = next((shown(tree, n) for n in INVOKE if leaf(tree, n) is not None), "")
    return mms_line(event, [invoke] if invoke else [], names_in(tree))


def contexts_of(tree):
    for f in tree.iter("field"):
        if f.get("name") == "pres.Context_list_item_element":
            yield "%s=%s" % (shown(f, "pres.presentation_context_identifier"), shown(f, "pres.abstract_syntax_name"))


def results_of(tree):
    return [f.get("show") for f in tree.iter("field") if f.get("name") == "pres.result"]


def pres_text(tree):
    if leaf(tree, "pres.cptype") is not None:
        return " ".join(["pres.cp"] + list(contexts_of(tree)))
    if leaf(tree, "pres.cpapdu") is not None:
        return " ".join(["pres.cpa"] + results_of(tree))
    if leaf(tree, "pres.cprtype") is not None:
        return " ".join(["pres.cpr"] + results_of(tree))
    return ""


def add_pres(pdus, ends, nr, tree):
    """Contexts are the connection's: of both directions."""
    text, pair = pres_text(tree), frozenset(ends)
    if text.startswith("pres.cp "):
        pdus.contexts[pair] = [c.split("=")[0] for c in contexts_of(tree)]
    elif text.startswith("pres.cpa") and pair in pdus.contexts:
        results = results_of(tree)
        pdus.contexts[pair] = [c for c, r in zip(pdus.contexts[pair], results) if r == "0"]
    if text:
        pdus.add("pres", ends, nr, text)
    for f in tree.iter("field"):
        if f.get("name") == "pres.PDV_list_element" and pair in pdus.contexts:
            if shown(f, "pres.presentation_context_identifier") not in pdus.contexts[pair]:
                pdus.add("pres", ends, nr, "pres.context")


def ends_of(packet):
    """Sender and receiver: of the innermost IP and TCP headers."""
    a = {}
    for p in packet:
        if p.get("name") in ("ip", "ipv6", "tcp"):
            for f in p:
                a[f.get("name")] = f.get("show")
                if f.get("name") == "ip.src":
                    a.pop("ipv6.src", None)
    src, dst = (a.get("ipv6." + k) or a.get("ip." + k) for k in ("src", "dst"))
    return "%s %s" % (src, a.get("tcp.srcport")), "%s %s" % (dst, a.get("tcp.dstport"))


def add_packet(pdus, packet):
    nr = int(next(f.get("show") for f in packet[0] if f.get("name") == "num"))
    ends = ends_of(packet)
    pair = frozenset(ends)
    for p in packet:
        if p.get("name") == "cotp" and pair not in pdus.rdp:
            for f in p:
                if f.get("name") == "cotp.type":
                    pdus.add("cotp", ends, nr, "cotp." + COTP.get(f.get("show"), f.get("show")))
        elif p.get("name") == "pres":
            add_pres(pdus, ends, nr, p)
        elif p.get("name") == "mms":
            if mms_text(p):
                pdus.add("mms", ends, nr, mms_text(p))
        elif p.get("name") == "t125":  # RDP: from here on other frames are among the TPKTs (MS-RDPBCGR 2.2.9.1.2)
            pdus.rdp.add(pair)


def tshark(pcap, ports=(), gaps=False):
    """Told to it: which port is TPKT's, and what contexts mean whose definition is not in the capture. Where octets are missing it
    must not wait for them."""
    args = ["tshark", "-r", pcap, "-Y", "tpkt or cotp or mms", "-T", "pdml"]
    args += [] if gaps else ["-o", "tcp.reassemble_out_of_order:TRUE"]
    for context, syntax in (("1", "2.2.1.0.1"), ("3", "1.0.9506.2.1")):
        args += ["-o", 'uat:pres_context_list:"%s","%s"' % (context, syntax)]
    for p in ports:
        args += ["-d", "tcp.port==%d,tpkt" % p]
    pdus = Pdus()
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as r:
        for _, e in xml.etree.ElementTree.iterparse(r.stdout):
            if e.tag == "packet":
                add_packet(pdus, e)
                e.clear()
    return pdus


# --- ips ----------------------------------------------------------------------------------------------


def word(v):
    return bytes.fromhex(v["hex"]).decode("latin-1") if isinstance(v, dict) else v.encode().decode("latin-1")


def oid(hexed):
    """An object identifier's contents in dots."""
    arcs, n = [], 0
    for b in bytes.fromhex(hexed):
        n = n << 7 | b & 0x7f
        if b & 0x80 == 0:
            arcs += [min(n // 40, 2), n - 40 * min(n // 40, 2)] if not arcs else [n]
            n = 0
    return ".".join(map(str, arcs))


def our_mms(event, f):
    names = ["%s/%s" % (word(d), "" if o is None else word(o)) for d, o in zip(f.get("mms.domain", []), f.get("mms.object", []))]
    return mms_line(event, [str(n) for n in f.get("mms.invoke", [])], names)


def events(pcap):
    """Lines of --events, the parts of a PDU made one."""
    r = subprocess.run([caps.IPS, "replay", "--events", "-", pcap], capture_output=True, text=True)
    whole = {}
    for line in r.stdout.splitlines():
        e = json.loads(line)
        at = (e["flow_id"], e["dir"], e.get("event"))
        if "cont" in e:
            for k, v in e["fields"].items():
                whole[at]["fields"].setdefault(k, []).extend(v)
            e = whole[at] if "more" not in e else None
        elif "more" in e:
            whole[at], e = e, None
        if e is not None:
            yield e


def ours(pcap):
    """Its PDUs, the ports that TPKT was found on by content alone, and of which connections octets are missing from which packet on."""
    pdus, ports, gaps = Pdus(), set(), {}
    for e in events(pcap):
        event, nr = e.get("event", ""), e.get("pcap_cnt", 0)
        ends = "%s %s" % (e["src_ip"], e["src_port"]), "%s %s" % (e["dest_ip"], e["dest_port"])
        if e.get("anomaly") == "stream.gap":
            gaps.setdefault(frozenset(ends), nr)
        if event.startswith("cotp."):
            pdus.add("cotp", ends, nr, event)
            if not {e["src_port"], e["dest_port"]} & {102, 3389}:
                ports.add(e["dest_port" if e["dir"] == "orig" else "src_port"])
        elif event.startswith("mms.") and event.split(".")[1] not in UNSEEN:
            pdus.add("mms", ends, nr, our_mms(event, e["fields"]))
        elif event == "pres.cp":
            f = e["fields"]
            pairs = zip(f.get("pres.context", []), f.get("pres.abstract_syntax", []))
            pdus.add("pres", ends, nr, " ".join([event] + ["%d=%s" % (c, oid(s)) for c, s in pairs]))
        elif event in ("pres.cpa", "pres.cpr"):
            pdus.add("pres", ends, nr, " ".join([event] + [str(r) for r in e["fields"].get("pres.result", [])]))
        elif e.get("anomaly") == "pres.context":
            pdus.add("pres", ends, nr, "pres.context")
    return pdus, ports, gaps
