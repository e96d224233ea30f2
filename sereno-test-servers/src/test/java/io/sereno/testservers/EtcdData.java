package io.sereno.testservers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One key in an etcd server, through its JSON gateway. */
final class EtcdData {
    static final String PROBE = "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private static final Pattern VALUE = Pattern.compile("\"value\":\"([^\"]*)\"");

    private EtcdData() {}

    static void put(EtcdServer server, String value) throws IOException {
        post(server, "kv/put", ",\"value\":\"" + Base64.getEncoder().encodeToString(utf8(value)) + "\"");
    }

    static String get(EtcdServer server) throws IOException {
        return value(post(server, "kv/range", ""));
    }

    static String getAt(EtcdServer server, long revision) throws IOException {
        return value(post(server, "kv/range", ",\"revision\":" + revision));
    }

    static long revision(EtcdServer server) throws IOException {
        return Long.parseLong(EtcdGateway.number(post(server, "kv/range", ""), "revision"));
    }

    private static String post(EtcdServer server, String method, String more) throws IOException {
        String key = Base64.getEncoder().encodeToString(utf8("key"));
        return new EtcdGateway(server.endpoint()).post(method, "{\"key\":\"" + key + "\"" + more + "}");
    }

    private static String value(String json) throws IOException {
        Matcher matcher = VALUE.matcher(json);
        if (!matcher.find()) {
            throw new IOException("no value in " + json);
        }
        return new String(Base64.getDecoder().decode(matcher.group(1)), StandardCharsets.UTF_8);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
