package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.PostgresServer;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ServerNode;
import io.sereno.testservers.ZooKeeperServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Users of real servers who lack rights: the code is 77, and the message names what the server refused and where the rights are listed. */
@Tag("servers")
@Timeout(300)
class RightsTest {
    private static final String PASSWORD = "s3cret-of-app";
    /** The exit code, and what was said. */
    private record Said(int code, String out, String err) {}

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"ls", "top", "ui"})
    @Tag("redis")
    void aRedisUserWithoutACommand(String command) throws Exception {
        String rights = rights().replace(" +zrangebylex", "");
        try (RedisServer server = RedisServer.start(Persistence.NONE, "user app on >" + PASSWORD + " " + rights)) {
            String uri = uri("redis", server, "/billing");
            assertRefused(sereno(uri, command), "the right +zrangebylex", "docs/redis.md");
        }
    }

    @Test
    @Tag("redis")
    void aRedisUserInAnotherNamespace() throws Exception {
        try (RedisServer server = RedisServer.start(Persistence.NONE, "user app on >" + PASSWORD + " " + rights())) {
            assertThat(sereno(uri("redis", server, "/billing"), "ls").code()).isZero();
            assertRefused(sereno(uri("redis", server, "/payroll"), "ls"), "NOPERM", "docs/redis.md");
        }
    }

    @Test
    @Tag("postgresql")
    void aPostgresRoleThatMayOnlyRead() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            String administrator = "postgresql://" + PostgresServer.USER + ":x@" + server.authority() + "/"
                    + PostgresServer.DATABASE + "?namespace=billing";
            assertThat(sereno(administrator, "counter", "c", "--add", "1").code())
                    .isZero();
            InetSocketAddress at = server.endpoint();
            try (Connection connection = DriverManager.getConnection(
                            "jdbc:postgresql://127.0.0.1:" + at.getPort() + "/" + PostgresServer.DATABASE,
                            PostgresServer.USER,
                            "");
                    Statement statement = connection.createStatement()) {
                statement.execute("create role app login password '" + PASSWORD + "'");
                statement.execute("grant usage on schema sereno to app");
                statement.execute("grant select on all tables in schema sereno to app");
            }
            String uri = uri("postgresql", server, "/" + PostgresServer.DATABASE + "?namespace=billing");
            assertRefused(sereno(uri, "counter", "c", "--add", "1"), "permission denied for table");
        }
    }

    @Test
    @Tag("etcd")
    void anEtcdUserInAnotherNamespace() throws Exception {
        try (EtcdServer server = EtcdServer.start()) {
            // As docs/etcd.md says by etcdctl: the user has the right to one prefix.
            etcd(server, "auth/role/add", "{'name':'app'}");
            String prefix = "'key':'" + base64("billing:") + "','range_end':'" + base64("billing;") + "'";
            etcd(server, "auth/role/grant", "{'name':'app','perm':{'permType':'READWRITE'," + prefix + "}}");
            for (String user : List.of("root", "app")) {
                etcd(server, "auth/user/add", "{'name':'" + user + "','password':'" + PASSWORD + "'}");
            }
            etcd(server, "auth/role/add", "{'name':'root'}");
            etcd(server, "auth/user/grant", "{'user':'root','role':'root'}");
            etcd(server, "auth/user/grant", "{'user':'app','role':'app'}");
            etcd(server, "auth/enable", "{}");
            Said said = sereno(uri("etcd", server, "/billing"), "counter", "c", "--add", "1");
            assertThat(said.code()).as(said.err()).isZero();
            assertRefused(sereno(uri("etcd", server, "/payroll"), "ls"), "permission denied");
        }
    }

    private static void etcd(EtcdServer server, String method, String json) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + server.authority() + "/v3/" + method))
                                .timeout(Duration.ofSeconds(30))
                                .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(method + ": " + answer.body()).isEqualTo(200);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** What a user has created belongs to that user with that password. */
    @Test
    @Tag("zookeeper")
    void aZooKeeperUserWithAnotherPassword() throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            String uri = "zookeeper://app:other@" + server.authority() + "/billing";
            Said said = sereno(uri, "counter", "c", "--add", "1");
            assertThat(said.code()).as(said.err()).isZero();
            assertRefused(sereno(uri("zookeeper", server, "/billing"), "ls"), "NOAUTH");
        }
    }

    @Test
    @Tag("redis")
    void aWrongPassword() throws Exception {
        try (RedisServer server = RedisServer.start(Persistence.NONE, "user app on >other " + rights())) {
            assertRefused(sereno(uri("redis", server, "/billing"), "ls"), "WRONGPASS");
        }
    }

    /** Those of the guide. */
    private static String rights() throws Exception {
        Matcher listed = Pattern.compile("ACL SETUSER app on >password (resetkeys[^`]+)```")
                .matcher(Files.readString(Path.of("..", "docs", "redis.md")));
        assertThat(listed.find()).as("the list of rights in docs/redis.md").isTrue();
        return listed.group(1).replaceAll("\\s+", " ").strip();
    }

    private static void assertRefused(Said said, String... words) {
        assertThat(said.err()).startsWith("sereno: ").contains(words).doesNotContain(PASSWORD, "\tat ");
        assertThat(said.code()).as(said.err()).isEqualTo(Exit.NO_PERMISSION);
        assertThat(said.out()).isEmpty();
    }

    private static String uri(String scheme, ServerNode server, String rest) {
        return scheme + "://" + server.authority() + rest;
    }

    private Said sereno(String uri, String... arguments) throws Exception {
        boolean administrator = uri.contains("@");
        List<String> line = Stream.of(
                        Stream.of(Path.of("../sereno").toAbsolutePath().toString()),
                        Stream.of(arguments),
                        Stream.of("--uri", uri),
                        administrator ? Stream.<String>of() : Stream.of("--user", "app"))
                .flatMap(words -> words)
                .toList();
        Path out = Files.createTempFile(folder, "sereno", ".out");
        Path err = Files.createTempFile(folder, "sereno", ".err");
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("SERENO_PASSWORD", PASSWORD);
        int code = builder.start().waitFor();
        return new Said(code, Files.readString(out), Files.readString(err));
    }
}
