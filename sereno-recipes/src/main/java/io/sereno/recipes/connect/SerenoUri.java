package io.sereno.recipes.connect;

import io.sereno.SerenoConfigurationException;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * {@code scheme:[//[user:password@]host[:port][,host[:port]...]][/namespace][?key=value&...]}, parsed by hand: java.net.URI refuses
 * {@code memory:} and lists of hosts.
 *
 * <p>Errors name an index and what is accepted there. They do not quote the text, since a password with an unescaped {@code /} or {@code @}
 * ends up in any part of it.
 */
record SerenoUri(
        String scheme,
        Optional<Credentials> credentials,
        List<Host> hosts,
        Optional<String> pathParameter,
        String namespace,
        Map<String, String> parameters) {

    private static final String NAMESPACE = "namespace";

    static final String SYNTAX =
            "scheme:[//[user:password@]host[:port][,host[:port]...]][/namespace][?key=value&...], with %XX for reserved characters";

    /** Stands for a URI that has a fault. */
    static final SerenoUri NOWHERE = new SerenoUri("", Optional.empty(), List.of(), Optional.empty(), "", Map.of());

    /** An address as written: an IPv6 address without its brackets; the port may be left to the backend's default. */
    record Host(String name, OptionalInt port) {
        /** For a complete address only: the backend looks up the name. */
        InetSocketAddress unresolved() {
            return InetSocketAddress.createUnresolved(name, port.orElseThrow());
        }

        @Override
        public String toString() {
            String host = name.indexOf(':') < 0 ? name : "[" + name + "]";
            return port.isPresent() ? host + ":" + port.getAsInt() : host;
        }
    }

    /** Fills in omitted hosts and ports from the backend's default address. */
    SerenoUri withDefaults(Optional<SerenoUri> defaults) {
        List<Host> known = defaults.map(SerenoUri::hosts).orElse(List.of());
        OptionalInt port = known.isEmpty() ? OptionalInt.empty() : known.get(0).port();
        List<Host> complete = new ArrayList<>();
        for (Host host : hosts.isEmpty() ? known : hosts) {
            if (host.port().isEmpty() && port.isEmpty()) {
                throw new SerenoConfigurationException("the URI names a host without a port, and " + scheme
                        + ": has no default port; write host:port");
            }
            complete.add(host.port().isPresent() ? host : new Host(host.name(), port));
        }
        return new SerenoUri(scheme, credentials, List.copyOf(complete), pathParameter, namespace, parameters);
    }

    SerenoUri withNamespace(String other) {
        return new SerenoUri(scheme, credentials, hosts, pathParameter, other, parameters);
    }

    /** For a store whose paths name something else: the path becomes a parameter, and a parameter the namespace. */
    SerenoUri withPathAs(String parameter) {
        Map<String, String> moved = new LinkedHashMap<>(parameters);
        String other = moved.remove(NAMESPACE);
        if (!namespace.isEmpty() && moved.put(parameter, namespace) != null) {
            throw new SerenoConfigurationException(
                    "given twice: " + parameter + ", by the path of the URI and by ?" + parameter + "; leave one out");
        }
        if (other != null) {
            NameRules.namespaceFault(other).ifPresent(fault -> {
                throw new SerenoConfigurationException("?" + NAMESPACE + ": the namespace " + fault);
            });
        }
        return new SerenoUri(
                scheme, credentials, hosts, Optional.of(parameter), other == null ? "" : other, Map.copyOf(moved));
    }

    static SerenoUri parse(String text) {
        return new Parser(text).uri();
    }

    /** Scheme, hosts and namespace: safe to show in messages. */
    String address() {
        String authority =
                hosts.isEmpty() ? "" : "//" + hosts.stream().map(Host::toString).collect(Collectors.joining(","));
        String path =
                pathParameter.map(name -> parameters.getOrDefault(name, "")).orElse(namespace);
        boolean isNamed = pathParameter.isPresent() && !namespace.isEmpty();
        return scheme + ":" + authority + (path.isEmpty() ? "" : "/" + path)
                + (isNamed ? "?" + NAMESPACE + "=" + namespace : "");
    }

    /** Leaves out the password and the values of parameters, since these may be secrets of a backend. */
    @Override
    public String toString() {
        String shown = address();
        char separator = shown.indexOf('?') < 0 ? '?' : '&';
        return shown + (parameters.isEmpty() ? "" : separator + String.join("&", parameters.keySet()));
    }

    private static final class Parser {
        private final String text;

        Parser(String text) {
            this.text = text;
        }

        SerenoUri uri() {
            checkCharacters();
            int colon = text.indexOf(':');
            String scheme = scheme(colon);
            int authority = colon + 1;
            int query = indexOf('?', authority, text.length());
            int path = authority;
            Optional<Credentials> credentials = Optional.empty();
            List<Host> hosts = List.of();
            if (text.startsWith("//", authority)) {
                authority += 2;
                path = indexOf('/', authority, query);
                int at = indexOf('@', authority, path);
                checkNoAt(at == path ? authority : at + 1);
                if (at < path) {
                    credentials = Optional.of(credentials(authority, at));
                    authority = at + 1;
                }
                hosts = hosts(authority, path);
            } else {
                checkNoAt(authority);
            }
            if (path < query && text.charAt(path) != '/') {
                throw malformed(
                        path, "'//' and hosts, '/' and a namespace, '?' and parameters, or the end is accepted");
            }
            return new SerenoUri(
                    scheme,
                    credentials,
                    hosts,
                    Optional.empty(),
                    path < query ? namespace(path + 1, query) : "",
                    parameters(query));
        }

        private void checkCharacters() {
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++;
                } else if (Character.isSurrogate(c)) {
                    throw malformed(i, "half of a surrogate pair; well-formed Unicode is accepted");
                } else if (c <= ' ' || c == 0x7f || "#\"<>\\^`{|}".indexOf(c) >= 0) {
                    throw malformed(i, "this character is accepted as %XX only");
                }
            }
        }

        /**
         * A later '@' means that a password has an unescaped '/', '?' or '@', and that the rest of it would be parsed as something else.
         */
        private void checkNoAt(int from) {
            int at = text.indexOf('@', from);
            if (at >= 0) {
                throw malformed(
                        at,
                        "'@' is accepted once, between password and hosts; elsewhere write %40, and in a"
                                + " password also %2F for '/', %3F for '?'");
            }
        }

        private String scheme(int colon) {
            int end = colon < 0 ? text.length() : colon;
            for (int i = 0; i < end; i++) {
                char c = text.charAt(i);
                if (!isLetter(c) && (i == 0 || "0123456789+-.".indexOf(c) < 0)) {
                    throw malformed(i, "a scheme begins with a letter; letters, digits, '+', '-' and '.' follow");
                }
            }
            if (colon <= 0) {
                throw malformed(end, "a scheme and ':' are expected first, as in etcd: or memory:");
            }
            return text.substring(0, colon).toLowerCase(Locale.ROOT);
        }

        private static boolean isLetter(char c) {
            char lower = (char) (c | 0x20);
            return lower >= 'a' && lower <= 'z';
        }

        private Credentials credentials(int from, int at) {
            int colon = indexOf(':', from, at);
            if (colon == at || colon + 1 == at) {
                throw malformed(at, "user:password is accepted before '@'; the password must not be empty");
            }
            String user = decode(from, colon);
            return Credentials.fixed(user, decode(colon + 1, at).toCharArray());
        }

        private List<Host> hosts(int from, int to) {
            List<Host> hosts = new ArrayList<>();
            for (int start = from; start <= to; ) {
                int end = indexOf(',', start, to);
                hosts.add(host(start, end));
                start = end + 1;
            }
            return List.copyOf(hosts);
        }

        private Host host(int from, int to) {
            if (from == to) {
                throw malformed(from, "a host is expected; without hosts write scheme:/namespace");
            }
            if (text.charAt(from) == '[') {
                int close = indexOf(']', from, to);
                if (close == to) {
                    throw malformed(from, "']' is expected at the end of an IPv6 address");
                }
                String address = decode(from + 1, close);
                checkIpv6(from, address);
                if (close + 1 < to && text.charAt(close + 1) != ':') {
                    throw malformed(
                            close + 1, "':' and a port, ',' and the next host, or the end of the hosts is accepted");
                }
                return new Host(address, port(close + 1, to));
            }
            int colon = indexOf(':', from, to);
            int second = indexOf(':', colon + 1, to);
            if (second < to) {
                throw malformed(second, "one ':' and a port are accepted; an IPv6 address is written in brackets");
            }
            String name = decode(from, colon);
            if (name.isEmpty()) {
                throw malformed(from, "a host is expected before ':'");
            }
            if (!name.chars().allMatch(c -> c < 0x80 && (Character.isLetterOrDigit(c) || "-._".indexOf(c) >= 0))) {
                throw malformed(
                        from, "a host is accepted as ASCII letters, digits, '-', '.' and '_', or [IPv6 address]");
            }
            return new Host(name, port(colon, to));
        }

        private void checkIpv6(int from, String address) {
            int zone = address.indexOf('%');
            String literal = zone < 0 ? address : address.substring(0, zone);
            if (!isIpv6(literal) || zone + 1 == address.length()) {
                throw malformed(from, "an IPv6 address is accepted in brackets, as in [::1]");
            }
        }

        private static boolean isIpv6(String literal) {
            try {
                // With brackets and a colon it is a literal or rejected; no name service is asked.
                return literal.indexOf(':') >= 0 && InetAddress.getByName("[" + literal + "]") != null;
            } catch (UnknownHostException e) {
                return false;
            }
        }

        private OptionalInt port(int colon, int to) {
            if (colon >= to) {
                return OptionalInt.empty();
            }
            int port = 0;
            for (int i = colon + 1; i < to && port <= 0xffff; i++) {
                int digit = text.charAt(i) - '0';
                port = digit >= 0 && digit <= 9 ? port * 10 + digit : Integer.MAX_VALUE;
            }
            if (port == 0 || port > 0xffff) {
                throw malformed(colon + 1, "a port from 1 to 65535 is expected after ':'");
            }
            return OptionalInt.of(port);
        }

        private String namespace(int from, int to) {
            String namespace = decode(from, to);
            if (!namespace.isEmpty()) {
                NameRules.namespaceFault(namespace).ifPresent(fault -> {
                    throw malformed(from, "the namespace " + fault);
                });
            }
            return namespace;
        }

        private Map<String, String> parameters(int query) {
            Map<String, String> parameters = new LinkedHashMap<>();
            for (int start = query + 1; start <= text.length() && query < text.length(); ) {
                int end = indexOf('&', start, text.length());
                int equals = indexOf('=', start, end);
                if (equals == start || equals == end) {
                    throw malformed(start, "key=value is expected");
                }
                String key = decode(start, equals);
                if (parameters.put(key, decode(equals + 1, end)) != null) {
                    throw malformed(start, "parameter '" + key + "' is given twice");
                }
                start = end + 1;
            }
            return Map.copyOf(parameters);
        }

        /** Bytes first, then characters: %C3%A9 is one character. */
        private String decode(int from, int to) {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            for (int start = from; start < to; ) {
                int percent = indexOf('%', start, to);
                octets.writeBytes(text.substring(start, percent).getBytes(StandardCharsets.UTF_8));
                if (percent < to) {
                    octets.write(octet(percent, to));
                }
                start = percent + 3;
            }
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(octets.toByteArray()))
                        .toString();
            } catch (CharacterCodingException e) {
                throw malformed(indexOf('%', from, to), "the bytes written as %XX are UTF-8");
            }
        }

        private int octet(int percent, int to) {
            if (percent + 2 >= to
                    || !HexFormat.isHexDigit(text.charAt(percent + 1))
                    || !HexFormat.isHexDigit(text.charAt(percent + 2))) {
                throw malformed(percent, "two hexadecimal digits are expected after '%'; '%' itself is written %25");
            }
            return HexFormat.fromHexDigits(text, percent + 1, percent + 3);
        }

        /** The first c in [from, to), or to. */
        private int indexOf(char c, int from, int to) {
            int index = text.indexOf(c, from);
            return index < 0 || index >= to ? to : index;
        }

        private static SerenoConfigurationException malformed(int index, String accepted) {
            return new SerenoConfigurationException(
                    "malformed URI at index " + index + ": " + accepted + ". Accepted: " + SYNTAX);
        }
    }
}
