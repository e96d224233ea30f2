/** The API that applications code against and the SPI that backends implement. */
module io.sereno {
    requires static org.jspecify;

    exports io.sereno;
    exports io.sereno.operator;
    exports io.sereno.spi;

    uses io.sereno.SerenoFactory;
}
