package io.sereno;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class CodecTest {
    @Test
    void utf8IsEncodedAndDecodedWithoutLoss() {
        assertThat(Codec.utf8().decode(Codec.utf8().encode("añ€😀"))).isEqualTo("añ€😀");
        assertThat(Codec.utf8().encode("")).isEmpty();
    }

    @Test
    void utf8RefusesTextThatItCouldNotDecodeAgain() {
        assertThatThrownBy(() -> Codec.utf8().encode("ab\ud83d"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("text has half of a surrogate pair at index 2; well-formed Unicode is accepted");
    }

    @Test
    void bytesAreCopiedBothWays() {
        byte[] octets = {1, 2};
        assertThat(Codec.bytes().encode(octets)).containsExactly(1, 2).isNotSameAs(octets);
        assertThat(Codec.bytes().decode(octets)).containsExactly(1, 2).isNotSameAs(octets);
    }

    @Test
    void twoFunctionsMakeACodec() {
        Codec<Long> codec = Codec.of(
                number -> ByteBuffer.allocate(Long.BYTES).putLong(number).array(),
                octets -> ByteBuffer.wrap(octets).getLong());
        assertThat(codec.decode(codec.encode(Long.MIN_VALUE))).isEqualTo(Long.MIN_VALUE);
    }
}
