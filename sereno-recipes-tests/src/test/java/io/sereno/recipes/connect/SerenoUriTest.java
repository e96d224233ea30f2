package io.sereno.recipes.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.SerenoConfigurationException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SerenoUriTest {
    @Test
    void everyPartIsRead() {
        SerenoUri uri = SerenoUri.parse(
                "etcd://ada:s%C3%A9cret%40%2F:x@10.0.0.7:2379,store.example,[2001:db8::1]:2381/billing/eu?a=1&require=durable");

        assertThat(uri.scheme()).isEqualTo("etcd");
        assertThat(uri.credentials().flatMap(Credentials::user)).contains("ada");
        assertThat(uri.credentials().orElseThrow().password()).containsExactly("sécret@/:x".toCharArray());
        assertThat(uri.hosts().stream().map(SerenoUri.Host::toString))
                .containsExactly("10.0.0.7:2379", "store.example", "[2001:db8::1]:2381");
        assertThat(uri.hosts().get(2).name()).isEqualTo("2001:db8::1");
        assertThat(uri.namespace()).isEqualTo("billing/eu");
        assertThat(uri.parameters()).isEqualTo(Map.of("a", "1", "require", "durable"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory:", "MEMORY:", "memory:/", "memory:/orders", "memory:?a=b", "memory:/orders?a=b"})
    void aStoreWithoutHostsIsNamedByItsSchemeAlone(String text) {
        SerenoUri uri = SerenoUri.parse(text);

        assertThat(uri.scheme()).isEqualTo("memory");
        assertThat(uri.hosts()).isEmpty();
        assertThat(uri.credentials()).isEmpty();
        assertThat(uri.namespace()).isEqualTo(text.contains("orders") ? "orders" : "");
    }

    @ParameterizedTest
    @CsvSource({
        "etcd:/%C3%A9t%C3%A9, été",
        "etcd:/été, été",
        "etcd:/a%20b%2Fc, a b/c",
        "etcd:/%F0%9F%8C%99, 🌙",
        "etcd:/🌙, 🌙",
        "etcd:/100%25, 100%",
        "etcd:/a+b, a+b",
        "etcd:/a:b, a:b",
    })
    void theNamespaceIsDecoded(String text, String namespace) {
        assertThat(SerenoUri.parse(text).namespace()).isEqualTo(namespace);
    }

    @Test
    void aPasswordMayStandWithoutAUser() {
        SerenoUri uri = SerenoUri.parse("redis://:secret@localhost");

        assertThat(uri.credentials().orElseThrow().user()).isEmpty();
        assertThat(uri.credentials().orElseThrow().password()).containsExactly("secret".toCharArray());
    }

    @Test
    void anIpv6AddressMayNameItsZone() {
        assertThat(SerenoUri.parse("etcd://[fe80::1%25eth0]:1").hosts().get(0).name())
                .isEqualTo("fe80::1%eth0");
    }

    @Test
    void theNamespaceMayHave64BytesOfUtf8() {
        assertThat(SerenoUri.parse("etcd:/" + "é".repeat(32)).namespace()).hasSize(32);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "''|0|a scheme and ':'",
                ":|0|a scheme and ':'",
                "://h|0|a scheme and ':'",
                "etcd|4|a scheme and ':'",
                "10.0.0.7:2379|0|begins with a letter",
                "é:|0|begins with a letter",
                "a_b://h|1|begins with a letter",
                "//h:1|0|begins with a letter",
                "localhost:2379|10|'//' and hosts",
                "etcd:h:1|5|'//' and hosts",
                "etcd://|7|a host is expected",
                "etcd:///ns|7|a host is expected",
                "etcd://a,|9|a host is expected",
                "etcd://a,,b|9|a host is expected",
                "etcd://,a|7|a host is expected",
                "etcd://:2379|7|a host is expected before ':'",
                "etcd://h:|9|a port from 1 to 65535",
                "etcd://h:0|9|a port from 1 to 65535",
                "etcd://h:65536|9|a port from 1 to 65535",
                "etcd://h:99999999999999|9|a port from 1 to 65535",
                "etcd://h:+1|9|a port from 1 to 65535",
                "etcd://h:1x|9|a port from 1 to 65535",
                "etcd://::1|8|written in brackets",
                "etcd://h:1:2|10|written in brackets",
                "etcd://[::1|7|']' is expected",
                "etcd://[::1]x|12|':' and a port",
                "etcd://[]|7|an IPv6 address",
                "etcd://[1.2.3.4]|7|an IPv6 address",
                "etcd://[facade]|7|an IPv6 address",
                "etcd://[1::2::3]|7|an IPv6 address",
                "etcd://[fe80::1%25]|7|an IPv6 address",
                "etcd://ho st|9|as %XX only",
                "etcd://h%20|7|ASCII letters",
                "etcd://ü.example|7|ASCII letters",
                "etcd://user@h|11|user:password",
                "etcd://user:@h|12|must not be empty",
                "etcd://@h|7|user:password",
                "etcd://u:p@h@i|12|'@' is accepted once",
                "etcd://u:p/w@h|12|'@' is accepted once",
                "etcd://u:p?w@h|12|'@' is accepted once",
                "etcd:/a@b|7|'@' is accepted once",
                "etcd://h//ns|9|empty segment",
                "etcd://h/ns/|9|empty segment",
                "etcd://h/a//b|9|empty segment",
                "etcd://h/%|9|two hexadecimal digits",
                "etcd://h/%4|9|two hexadecimal digits",
                "etcd://h/a%zz|10|two hexadecimal digits",
                "etcd://h/%4?a=b|9|two hexadecimal digits",
                "etcd://h/a%ff|10|are UTF-8",
                "etcd://h/%c3|9|are UTF-8",
                "etcd://h/%ed%a0%80|9|are UTF-8",
                "etcd://h/%00|9|U+0000",
                "etcd://h/ns#x|11|as %XX only",
                "etcd://h/a\\b|10|as %XX only",
                "etcd://h?|9|key=value",
                "etcd://h?a|9|key=value",
                "etcd://h?=b|9|key=value",
                "etcd://h?a=b&|13|key=value",
                "etcd://h?a=b&&c=d|13|key=value",
                "etcd://h?a=b&c=d&a=e|17|given twice",
            })
    void aMalformedUriIsRefusedWithItsIndexAndWhatIsAccepted(String text, int index, String accepted) {
        assertThatThrownBy(() -> SerenoUri.parse(text))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageStartingWith("malformed URI at index " + index + ": ")
                .hasMessageContaining(accepted)
                .hasMessageEndingWith(SerenoUri.SYNTAX);
    }

    @ParameterizedTest
    @ValueSource(strings = {"etcd:/a\ud83c", "etcd:/a\udf19b", "etcd://h?a=\ud83c\ud83c", "\ud83c"})
    void illFormedUnicodeIsRefused(String text) {
        assertThatThrownBy(() -> SerenoUri.parse(text))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("half of a surrogate pair");
    }

    @Test
    void aNamespaceOfMoreThan64BytesIsRefused() {
        assertThatThrownBy(() -> SerenoUri.parse("etcd:/" + "é".repeat(33)))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("takes 66 bytes of UTF-8, at most 64 are accepted");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://ada:secret/x@h",
                "redis://ada:se?cret=x@h",
                "redis://ada:x@secret@h",
                "redis://ada:secret",
                "redis://ada:secret%zz@h",
                "redis://ada:secret%ff@h",
                "redis://ada:secret@h:port",
                "redis://ada:secret@h/a//b",
                "redis://ada:secret@h?a",
                "redis://ada:secret|@h",
            })
    void anErrorQuotesNothingOfAPassword(String text) {
        assertThatThrownBy(() -> SerenoUri.parse(text)).satisfies(e -> {
            for (Optional<Throwable> t = Optional.of(e); t.isPresent(); t = t.map(Throwable::getCause)) {
                assertThat(t.get()).asString().doesNotContain("secret");
            }
        });
    }

    @Test
    void toStringShowsNeitherPasswordNorTheValuesOfParameters() {
        assertThat(SerenoUri.parse("redis://ada:secret@h:1,[::1]/ns?token=secret"))
                .asString()
                .isEqualTo("redis://h:1,[::1]/ns?token");
    }

    @Test
    void hostsAndPortsThatWereLeftOutComeFromTheDefaultAddress() {
        Optional<SerenoUri> defaults = Optional.of(SerenoUri.parse("etcd://127.0.0.1:2379"));

        assertThat(SerenoUri.parse("etcd:/ns").withDefaults(defaults).address()).isEqualTo("etcd://127.0.0.1:2379/ns");
        assertThat(SerenoUri.parse("etcd://a,b:1,[::1]").withDefaults(defaults).address())
                .isEqualTo("etcd://a:2379,b:1,[::1]:2379");
        assertThat(SerenoUri.parse("memory:/x").withDefaults(Optional.empty()).address())
                .isEqualTo("memory:/x");
        assertThatThrownBy(() -> SerenoUri.parse("memory://a").withDefaults(Optional.empty()))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("write host:port");
    }
}
